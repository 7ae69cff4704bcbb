// Remembers language and theme, and begins with the reader's language. The page needs none of it.
(() => {
  const root = document.documentElement;
  const keep = (name, value) => { try { localStorage.setItem("rungs-" + name, value); } catch { /* no storage */ } };
  const kept = (name) => { try { return localStorage.getItem("rungs-" + name); } catch { return null; } };
  const choose = (name, value) => {
    const input = document.getElementById(name + "-" + value);
    if (input) { input.checked = true; }
  };
  const name = () => {
    const chosen = document.querySelector("input[name=language]:checked");
    const page = chosen && document.querySelector(".page.in-" + chosen.value);
    if (page) { root.lang = page.lang; document.title = page.dataset.title; }
  };
  const asked = location.hash.slice(1, 3);
  choose("language", ["en", "zh"].includes(asked) ? asked : kept("language") || (/^zh/i.test(navigator.language) ? "zh" : "en"));
  choose("theme", kept("theme") || "auto");
  name();
  document.querySelector(".switches").addEventListener("change", (event) => {
    keep(event.target.name, event.target.value);
    name();
  });
})();
