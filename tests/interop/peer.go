// A peer for Go's crypto/tls: a client or an echo server that reports as JSON, one object a line, with
// the settings and in the words of peer.mjs.
//
//	peer client|server SETTINGS
package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

type settings struct {
	CA, Cert, Key, Send, Exporter string
	Port, Connections             int
	Alpn                          []string
	Groups                        []tls.CurveID
}

type object map[string]any

func report(event string, facts object) {
	facts["event"] = event
	line, _ := json.Marshal(facts)
	fmt.Println(string(line))
}

func failure(err error) object {
	return object{"code": nil, "message": err.Error()}
}

func must(err error) {
	if err != nil {
		report("error", failure(err))
		os.Exit(1)
	}
}

func digest(data []byte) object {
	sum := sha256.Sum256(data)
	return object{"bytes": len(data), "sha256": hex.EncodeToString(sum[:])}
}

func config(s settings) *tls.Config {
	anchors, err := os.ReadFile(s.CA)
	must(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(anchors) {
		must(errors.New("no certificate in " + s.CA))
	}
	c := &tls.Config{
		RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		ServerName: "localhost", MinVersion: tls.VersionTLS13, NextProtos: s.Alpn,
		CurvePreferences: s.Groups, ClientSessionCache: tls.NewLRUClientSessionCache(4),
	}
	if s.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		must(err)
		c.Certificates = []tls.Certificate{pair}
	}
	return c
}

func facts(c *tls.Conn, s settings) object {
	state := c.ConnectionState()
	out := object{
		"protocol": "TLSv1.3", "suite": tls.CipherSuiteName(state.CipherSuite),
		"group": state.CurveID.String(), "alpn": state.NegotiatedProtocol,
		"peer":       state.PeerCertificates[0].Subject.CommonName,
		"authorized": len(state.VerifiedChains) > 0, "resumed": state.DidResume,
		"retried": state.HelloRetryRequest, "exported": nil,
	}
	if state.Version != tls.VersionTLS13 {
		out["protocol"] = tls.VersionName(state.Version)
	}
	if s.Exporter != "" {
		material, err := state.ExportKeyingMaterial(s.Exporter, nil, 32)
		must(err)
		out["exported"] = hex.EncodeToString(material)
	}
	return out
}

func echo(c *tls.Conn, s settings) {
	defer c.Close()
	if err := c.Handshake(); err != nil {
		report("refused", failure(err))
		return
	}
	report("connected", facts(c, s))
	var received []byte
	buffer := make([]byte, 1<<14)
	for {
		n, err := c.Read(buffer)
		received = append(received, buffer[:n]...)
		if _, failed := c.Write(buffer[:n]); err == nil && failed != nil {
			err = failed
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			report("error", failure(err))
			return
		}
	}
	report("closed", object{"received": digest(received)})
}

func connect(c *tls.Config, s settings, data []byte) {
	socket, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port), c)
	must(err)
	defer socket.Close()
	report("connected", facts(socket, s))
	sent := make(chan error, 1)
	go func() {
		_, err := socket.Write(data)
		sent <- err
	}()
	received := make([]byte, len(data))
	_, err = io.ReadFull(socket, received)
	must(err)
	must(<-sent)
	must(socket.CloseWrite())
	rest, err := io.ReadAll(socket)
	must(err)
	received = append(received, rest...)
	report("closed", object{"received": digest(received), "ticket": true})
}

func main() {
	var s settings
	must(json.Unmarshal([]byte(os.Args[2]), &s))
	c := config(s)
	if os.Args[1] == "server" {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		report("listening", object{"port": listener.Addr().(*net.TCPAddr).Port})
		for {
			socket, err := listener.Accept()
			must(err)
			go echo(tls.Server(socket, c), s)
		}
	}
	data, err := os.ReadFile(s.Send)
	must(err)
	for range max(s.Connections, 1) {
		connect(c, s, data)
	}
}
