// A peer for Node, Bun and Deno: a client or an echo server that reports as JSON, one object a line.
//   peer.mjs client|server SETTINGS
// SETTINGS is a JSON object: ca, cert, key (paths; the latter two may be absent), alpn, groups,
// suites, exporter (a label), trace (Node's account of each message, on standard error), and for a
// client port, send (path of what to send, and as much is to come back) and connections, each of
// which after the first resumes the one before.
import crypto from 'node:crypto';
import fs from 'node:fs';
import process from 'node:process';
import tls from 'node:tls';

const role = process.argv[2];
const settings = JSON.parse(process.argv[3]);
const report = (event, facts) => console.log(JSON.stringify({ event, ...facts }));
const failure = (error) => ({ code: error.code ?? null, message: String(error.message) });

const options = {
  ca: fs.readFileSync(settings.ca),
  minVersion: 'TLSv1.3',
  ...(settings.cert && { cert: fs.readFileSync(settings.cert), key: fs.readFileSync(settings.key) }),
  ...(settings.alpn && { ALPNProtocols: settings.alpn }),
  ...(settings.groups && { ecdhCurve: settings.groups.join(':') }),
  ...(settings.suites && { ciphers: settings.suites.join(':') }),
  ...(settings.trace && { enableTrace: true }),
};

function exported(socket) {
  if (!settings.exporter || !socket.exportKeyingMaterial) return null;
  return socket.exportKeyingMaterial(32, settings.exporter).toString('hex');
}

function facts(socket) {
  return {
    protocol: socket.getProtocol(),
    suite: socket.getCipher()?.standardName ?? socket.getCipher()?.name,
    group: socket.getEphemeralKeyInfo?.()?.name ?? null,
    alpn: socket.alpnProtocol || null,
    peer: socket.getPeerCertificate()?.subject?.CN ?? null,
    authorized: socket.authorized,
    resumed: socket.isSessionReused?.() ?? null,
    exported: exported(socket),
  };
}

function digester() {
  const hash = crypto.createHash('sha256');
  let bytes = 0;
  return {
    add(data) { hash.update(data); bytes += data.length; return bytes; },
    result: () => ({ bytes, sha256: hash.digest('hex') }),
  };
}

function serve() {
  const server = tls.createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (socket) => {
    const received = digester();
    report('connected', facts(socket));
    socket.on('error', (error) => report('error', failure(error)));
    socket.on('data', (data) => {
      received.add(data);
      if (!socket.write(data)) {
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    });
    socket.on('end', () => {
      socket.end();
      report('closed', { received: received.result() });
    });
  });
  server.on('tlsClientError', (error) => report('refused', failure(error)));
  server.listen(0, '127.0.0.1', () => report('listening', { port: server.address().port }));
}

function connect(left, session) {
  const sent = fs.readFileSync(settings.send);
  const received = digester();
  let next = null;
  let failed = false;
  const socket = tls.connect({
    ...options, host: '127.0.0.1', port: settings.port, servername: 'localhost',
    ...(session && { session }),
  }, () => {
    report('connected', facts(socket));
    socket.write(sent);
  });
  socket.on('session', (ticket) => { next = ticket; });
  socket.on('data', (data) => {
    if (received.add(data) === sent.length) socket.end();
  });
  socket.on('error', (error) => {
    failed = true;
    report('error', failure(error));
  });
  socket.on('close', () => {
    if (failed) {
      process.exitCode = 1;
      return;
    }
    report('closed', { received: received.result(), ticket: next !== null });
    if (left > 1) connect(left - 1, next);
  });
}

if (role === 'server') serve(); else connect(settings.connections ?? 1, null);
