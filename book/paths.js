// Tells require.js that the anywidget module lies beside this file.
(function () {
  var here = document.currentScript.src.replace(/paths\.js.*$/, "");
  window.requirejs.config({ paths: { anywidget: here + "anywidget" } });
})();
