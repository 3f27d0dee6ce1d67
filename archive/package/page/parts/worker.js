// The same engine beside the page, so that the page stays alive while gigabytes are read; or in the page where a browser allows no worker.
(function (v) {
  "use strict";

  /** The engine's own text, for workers to be made of. */
  let engine = "";

  /** A worker made of this engine's own text, nothing is fetched; null where the browser allows none. */
  v.startWorker = function () {
    if (typeof Worker === "undefined") return null;
    try {
      return new Worker(URL.createObjectURL(new Blob([engine, "\nself.muniment.serve();\n"], { type: "text/javascript" })));
    } catch (e) {
      if (!(e instanceof DOMException)) throw e;
      return null;
    }
  };

  /** In a worker: one question, then messages until the answer; or digests for another worker. */
  v.serve = function () {
    self.onmessage = async ({ data }) => {
      if (data.hash) {
        await v.serveHash(data.hash);
        return;
      }
      engine = data.engine;
      const answer = await v.check(data.source, data.pins, (message) => self.postMessage(message));
      self.postMessage({ kind: "done", answer });
    };
  };

  /** Ask in a worker made of this engine's own text; nothing is fetched.
   * @param {string} text the engine @param {object} source @param {object} pins @param {(message: object) => void} tell
   * @returns {() => void} stops it */
  v.ask = function (text, source, pins, tell) {
    let stopped = false;
    const say = (message) => {
      if (!stopped) tell(message);
    };
    const here = () => v.check(source, pins, say).then((answer) => say({ kind: "done", answer }), (e) => say({ kind: "failed", reason: String(e) }));
    engine = text;
    const worker = v.startWorker();
    if (!worker) {
      here();
      return () => (stopped = true);
    }
    let heard = false;
    worker.onmessage = ({ data }) => {
      heard = true;
      say(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      if (heard) say({ kind: "failed", reason: event.message || "worker" });
      else here(); // it never began: no workers for pages out of a folder
    };
    worker.postMessage({ source, pins, engine });
    return () => {
      stopped = true;
      worker.terminate();
    };
  };
})((self.muniment = self.muniment || {}));
