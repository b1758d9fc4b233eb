"""Start a demonstration; say when its page was up and its first trial under way; fail if that took too long."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request

PAGE_WITHIN_S, TRIAL_WITHIN_S = 10.0, 15.0


def main() -> int:
    """Returns the exit code."""
    began = time.monotonic()
    demo = subprocess.Popen([*sys.argv[1:], "--port", "0"], stderr=subprocess.PIPE, text=True)
    assert demo.stderr is not None
    url = next((found[0] for line in demo.stderr if (found := re.search(r"http://[\d.]+:\d+", line))), None)
    assert url is not None, "the demonstration ended before its page was up"
    with urllib.request.urlopen(url, timeout=5) as page:
        assert page.status == 200
    page_s = time.monotonic() - began
    with urllib.request.urlopen(f"{url}/api/v1/events?after=0", timeout=60) as events:
        for line in events:
            if line.startswith(b"data: ") and json.loads(line[6:])["kind"] == "command_accepted":
                break
    trial_s = time.monotonic() - began
    demo.send_signal(signal.SIGINT)
    demo.stderr.close()
    code = demo.wait(timeout=60)
    print(json.dumps({"page_s": round(page_s, 2), "first_trial_s": round(trial_s, 2), "exit_code": code}))
    return int(page_s > PAGE_WITHIN_S or trial_s > TRIAL_WITHIN_S or code != 0)


if __name__ == "__main__":
    sys.exit(main())
