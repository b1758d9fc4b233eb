// Runs before the first paint, so that a remembered theme does not flash; a classic script, because modules wait.
try {
  const theme = localStorage.getItem("labd.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* storage is switched off: the system's preference holds */ }
