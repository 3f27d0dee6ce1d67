// Digests of files: large ones beside each other, in workers of the engine's own, where there is more than one processor; else one by one.
(function (v) {
  "use strict";

  const LARGE = 16 << 20;
  const MOST_WORKERS = 4;

  /** @param {() => AsyncIterable<Uint8Array>} pieces @param {(bytes: number) => void} told @returns {Promise<string>} */
  async function hash(pieces, told) {
    const sha = new v.Sha256();
    for await (const piece of pieces()) {
      sha.update(piece);
      told(piece.length);
    }
    return v.toHex(sha.digest());
  }

  /** In a worker: one blob after the other, each with pieces told of and then its digest, or why it could not be read. */
  v.serveHash = async function (blob) {
    try {
      self.postMessage({ digest: await hash(() => v.piecesOf(blob), (bytes) => self.postMessage({ bytes })) });
    } catch (e) {
      self.postMessage({ unread: e instanceof DOMException ? e.name : String(e) });
    }
  };

  /** One file in a worker. Rejects with null where the worker is of no use. */
  function ask(worker, file, told) {
    return new Promise((resolve, reject) => {
      worker.onerror = (event) => {
        event.preventDefault();
        reject(null);
      };
      worker.onmessage = ({ data }) => {
        if (data.bytes !== undefined) told(data.bytes);
        else if (data.digest !== undefined) resolve(data.digest);
        else reject(new DOMException("", data.unread));
      };
      worker.postMessage({ hash: file.blob });
    });
  }

  /** One worker takes file after file out of the queue; what it cannot do goes into `left`. */
  async function work(queue, left, each, told) {
    const worker = v.startWorker();
    if (!worker) return; // this browser wants no workers of workers
    for (let file = queue.shift(); file; file = queue.shift()) {
      try {
        each(file, await ask(worker, file, (bytes) => told(bytes, file.path)), null);
      } catch (e) {
        if (e === null) {
          left.push(file);
          break;
        }
        each(file, null, e);
      }
    }
    worker.terminate();
  }

  /** Hash all of these files.
   * @param {InstanceType<typeof v.PackageFile>[]} files @param {(bytes: number, path: string) => void} told
   * @param {(file: object, digest: string | null, error: Error | null) => void} each hears of every file once */
  v.hashFiles = async function (files, told, each) {
    const nested = typeof WorkerGlobalScope !== "undefined" && typeof Worker !== "undefined";
    const queue = nested ? files.filter((file) => file.blob && file.size >= LARGE) : [];
    const count = Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 1, queue.length);
    const beside = new Set(count > 1 ? queue : []);
    const left = files.filter((file) => !beside.has(file));
    const working = Array.from({ length: beside.size ? count : 0 }, () => work(queue, left, each, told));
    const one = async (file) => {
      try {
        each(file, await hash(() => file.pieces(), (bytes) => told(bytes, file.path)), null);
      } catch (e) {
        each(file, null, e);
      }
    };
    while (left.length) await one(left.shift());
    await Promise.all(working);
    for (const file of [...left, ...(beside.size ? queue : [])]) await one(file); // of workers that were of no use
  };
})((self.muniment = self.muniment || {}));
