// The widgets ask version 2 of MathJax to typeset their labels; the pages have version 3. This translates.
(function () {
  var mathjax = window.MathJax;
  var hub = {
    Queue: function (request) {
      if (mathjax.typesetPromise) mathjax.typesetPromise([request[2]]);
    },
  };
  function withHub(value) {
    mathjax = value;
    if (mathjax) mathjax.Hub = hub;
  }
  withHub(mathjax);
  Object.defineProperty(window, "MathJax", {
    configurable: true,
    get: function () {
      return mathjax;
    },
    set: withHub,
  });
})();
