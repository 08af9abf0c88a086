// The slides of a lesson: light or dark, formulas, and nothing that does not fit its frame.
window.MathJax = {
  tex: { inlineMath: [["$", "$"], ["\\(", "\\)"]] },
  options: { enableMenu: false },
  svg: { fontCache: "local" }, // the speaker's window has no glyphs of ours
};

function startSlides() {
  var root = document.documentElement;
  var prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  function setTheme(dark) {
    root.dataset.theme = dark ? "dark" : "light";
  }
  setTheme(prefersDark.matches);
  prefersDark.addEventListener("change", function () {
    setTheme(prefersDark.matches);
  });

  /** Make what a slide shows smaller until it fits; what is too small to read then scrolls. */
  function fit(slide) {
    for (var zoom = 1; zoom > 0.6; zoom -= 0.05) {
      slide.style.setProperty("--zoom", zoom.toFixed(2));
      if (slide.scrollHeight <= slide.clientHeight) return;
    }
  }
  /** The slide that is shown, or on paper all of them. */
  function fitShown() {
    document.querySelectorAll(".pdf-page section").forEach(fit);
    if (Reveal.getCurrentSlide()) fit(Reveal.getCurrentSlide());
  }
  var grown = new ResizeObserver(function () {
    var slide = Reveal.getCurrentSlide();
    if (document.querySelector(".pdf-page") || (slide && slide.scrollHeight > slide.clientHeight)) fitShown();
  });
  document.querySelectorAll(".slides .jp-OutputArea-child, .slides mjx-container").forEach(function (one) {
    grown.observe(one);
  });

  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    display: "flex",
    hash: true,
    navigationMode: "linear", // the arrows lead through all slides, one after the other
    slideNumber: "c/t",
    transition: "none",
    pdfMaxPagesPerSlide: 1,
    // Keys pressed in a widget are the widget's.
    keyboardCondition: function () {
      return !document.activeElement.closest(".jp-OutputArea-child");
    },
    plugins: [RevealNotes],
  }).then(fitShown);
  Reveal.on("slidechanged", fitShown);
  Reveal.on("pdf-ready", fitShown);
  Reveal.addKeyBinding({ keyCode: 84, key: "T", description: "Light or dark" }, function () {
    setTheme(root.dataset.theme !== "dark");
  });
  window.addEventListener("load", function () {
    MathJax.startup.promise.then(fitShown);
  });
}
