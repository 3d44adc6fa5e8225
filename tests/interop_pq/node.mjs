// ML-DSA and ML-KEM against Node's own (node:crypto), in both directions and on every backend:
//   node node.mjs PEER REPORT
// PEER is pq_peer; the cases go to REPORT as GoogleTest writes them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const [peer, report] = process.argv.slice(2);
const kSkipped = 77;
const kMessage = Buffer.from("What both sides sign.");

class Refused extends Error {}

/** What pq_peer answers, as buffers; throws Refused where it refuses. */
function ask(backend, request, set, ...inputs) {
  const done = spawnSync(peer, [backend, request, set], {
    input: inputs.map((input) => `${input.toString("hex")}\n`).join(""),
    timeout: 60_000,
  });
  if (done.status === 1) throw new Refused(done.stderr.toString().trim());
  assert.equal(done.status, 0, `pq_peer ${request}: ${done.signal ?? done.status} ${done.stderr}`);
  const lines = done.stdout.toString().split("\n").slice(0, -1);
  return lines.map((line) => Buffer.from(line, "hex"));
}

const refused = (why) => (error) => error instanceof Refused && error.message === why;
const changed = (octets, at) => {
  const copy = Buffer.from(octets);
  copy[at] ^= 1;
  return copy;
};
const publicKey = (der) => crypto.createPublicKey({ key: der, format: "der", type: "spki" });
const privateKey = (der) => crypto.createPrivateKey({ key: der, format: "der", type: "pkcs8" });
const spkiOf = (key) => key.export({ format: "der", type: "spki" });
const pkcs8Of = (key) => key.export({ format: "der", type: "pkcs8" });

function mldsaCases(backend, set) {
  const name = `ml-dsa-${set}`;
  const seed = crypto.randomBytes(32);
  const context = Buffer.from("a context");
  const none = Buffer.alloc(0);
  return {
    nodeLoadsOurKeys() {
      const [spki, pkcs8] = ask(backend, "mldsa-key", set, seed);
      assert.equal(publicKey(spki).asymmetricKeyType, name);
      assert.deepEqual(spkiOf(publicKey(spki)), spki);
      // From one seed comes one key.
      assert.deepEqual(spkiOf(crypto.createPublicKey(privateKey(pkcs8))), spki);
    },
    nodeVerifiesOurSignatures() {
      const [spki] = ask(backend, "mldsa-key", set, seed);
      for (const bound of [none, context]) {
        const [signature] = ask(backend, "mldsa-sign", set, seed, kMessage, bound);
        const key = bound.length > 0 ? { key: publicKey(spki), context: bound } : publicKey(spki);
        assert.ok(crypto.verify(null, kMessage, key, signature));
        assert.ok(!crypto.verify(null, changed(kMessage, 0), key, signature));
        assert.ok(!crypto.verify(null, kMessage, key, changed(signature, signature.length >> 1)));
      }
      const [bare] = ask(backend, "mldsa-sign", set, seed, kMessage, none);
      assert.ok(!crypto.verify(null, kMessage, { key: publicKey(spki), context }, bare));
    },
    weVerifyNodesSignatures() {
      const made = crypto.generateKeyPairSync(name);
      const spki = spkiOf(made.publicKey);
      for (const bound of [none, context]) {
        const key = bound.length > 0 ? { key: made.privateKey, context: bound } : made.privateKey;
        const signature = crypto.sign(null, kMessage, key);
        ask(backend, "mldsa-verify", set, spki, kMessage, bound, signature);
        assert.throws(
          () => ask(backend, "mldsa-verify", set, spki, changed(kMessage, 3), bound, signature),
          refused("ML-DSA signature does not match"),
        );
        assert.throws(
          () => ask(backend, "mldsa-verify", set, spki, kMessage, bound, changed(signature, 0)),
          refused("ML-DSA signature does not match"),
        );
        assert.throws(
          () => ask(backend, "mldsa-verify", set, spki, kMessage, seed, signature),
          refused("ML-DSA signature does not match"),
        );
      }
    },
    weSignWithNodesKeys() {
      const made = crypto.generateKeyPairSync(name);
      const [spki, signature] = ask(backend, "mldsa-load", "-", pkcs8Of(made.privateKey), kMessage);
      assert.deepEqual(spki, spkiOf(made.publicKey));
      assert.ok(crypto.verify(null, kMessage, made.publicKey, signature));
    },
  };
}

function mlkemCases(backend, set) {
  const name = `ml-kem-${set}`;
  const seed = crypto.randomBytes(64);
  // What stands before the octets of a key in its encodings.
  const sample = crypto.generateKeyPairSync(name);
  const ekSize = { 512: 800, 768: 1184, 1024: 1568 }[set];
  const head = spkiOf(sample.publicKey).subarray(0, -ekSize);
  const ekOf = (key) => spkiOf(key).subarray(-ekSize);
  // RFC 9935: the seed alone, [0] IMPLICIT OCTET STRING, under the algorithm of the public key.
  const algorithm = head.subarray(4, 6 + head[5]);
  const der = (tag, ...parts) => {
    const content = Buffer.concat(parts);
    assert.ok(content.length < 128);
    return Buffer.concat([Buffer.from([tag, content.length]), content]);
  };
  const pkcs8 = der(0x30, der(0x02, Buffer.from([0])), algorithm, der(0x04, der(0x80, seed)));
  return {
    nodeHasTheSameKeyFromOurSeed() {
      const [ek] = ask(backend, "mlkem-key", set, seed);
      assert.deepEqual(ekOf(crypto.createPublicKey(privateKey(pkcs8))), ek);
    },
    nodeEncapsulatesToUs() {
      const [ek] = ask(backend, "mlkem-key", set, seed);
      const sent = crypto.encapsulate(publicKey(Buffer.concat([head, ek])));
      const [received] = ask(backend, "mlkem-decaps", set, seed, sent.ciphertext);
      assert.deepEqual(received, sent.sharedKey);
    },
    weEncapsulateToNode() {
      const ek = ekOf(sample.publicKey);
      const random = crypto.randomBytes(32);
      const [ciphertext, sent] = ask(backend, "mlkem-encaps", set, ek, random);
      assert.deepEqual(crypto.decapsulate(sample.privateKey, ciphertext), sent);
    },
    bothRejectAlike() {
      const [ek] = ask(backend, "mlkem-key", set, seed);
      const random = crypto.randomBytes(32);
      const [ciphertext, sent] = ask(backend, "mlkem-encaps", set, ek, random);
      const altered = changed(ciphertext, 77);
      const [ours] = ask(backend, "mlkem-decaps", set, seed, altered);
      assert.deepEqual(crypto.decapsulate(privateKey(pkcs8), altered), ours);
      assert.notDeepEqual(ours, sent);
    },
    wrongLengthsAreRefused() {
      const ek = ekOf(sample.publicKey);
      assert.throws(
        () => ask(backend, "mlkem-encaps", set, ek.subarray(1), crypto.randomBytes(32)),
        refused("ML-KEM key of wrong length"),
      );
      assert.throws(
        () => ask(backend, "mlkem-decaps", set, seed, Buffer.alloc(100)),
        refused("ML-KEM ciphertext of wrong length"),
      );
    },
  };
}

function available(backend) {
  const done = spawnSync(peer, [backend, "mlkem-key", "512"], { input: `${"00".repeat(64)}\n` });
  assert.ok([0, kSkipped].includes(done.status), `pq_peer: ${done.error ?? done.stderr}`);
  return done.status === 0;
}

const xml = (text) => text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`);
const lines = [];
const counts = { passed: 0, failed: 0, skipped: 0 };
function record(name, verdict, reason = "") {
  ++counts[verdict];
  console.log(`${verdict} ${name} ${reason}`);
  const result = verdict === "skipped" ? "skipped" : "completed";
  const tag = { failed: "failure", skipped: "skipped" }[verdict];
  const inner = tag ? `<${tag} message="${xml(reason)}"/>` : "";
  lines.push(
    `<testcase classname="interop_pq_node" name="${xml(name)}" status="run" result="${result}">` +
      `${inner}</testcase>`,
  );
}

console.log(`Node ${process.version}, OpenSSL ${process.versions.openssl}`);
for (const backend of ["portable", "avx2", "avx512"]) {
  if (!available(backend)) {
    record(backend, "skipped", "this CPU or build lacks the backend; NOT run");
    continue;
  }
  const sets = [
    ...["44", "65", "87"].map((set) => [`mldsa${set}`, mldsaCases(backend, set)]),
    ...["512", "768", "1024"].map((set) => [`mlkem${set}`, mlkemCases(backend, set)]),
  ];
  for (const [title, cases] of sets) {
    for (const [name, run] of Object.entries(cases)) {
      try {
        run();
        record(`${backend}.${title}.${name}`, "passed");
      } catch (error) {
        record(`${backend}.${title}.${name}`, "failed", String(error.stack));
      }
    }
  }
}
fs.mkdirSync(path.dirname(report), { recursive: true });
fs.writeFileSync(
  report,
  '<?xml version="1.0"?>\n<testsuites name="interop_pq_node">' +
    `<testsuite name="interop_pq_node">\n${lines.join("\n")}\n</testsuite></testsuites>\n`,
);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
