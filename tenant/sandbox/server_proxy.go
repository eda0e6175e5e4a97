package sandbox

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Proxy is a proxy for clients that cannot be told another address: it ends
// their tunnels to Microsoft's hosts in the tenant, and opens none to anywhere
// else. Other requests are the tenant's own.
type Proxy struct {
	server *Server
	tunnel *tunnels
	inner  *http.Server
}

// NewProxy makes a proxy that shows certificates of an authority.
func NewProxy(s *Server, a *Authority) *Proxy {
	p := &Proxy{server: s, tunnel: &tunnels{conns: make(chan net.Conn), done: make(chan struct{})}}
	p.inner = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.inner.Serve(tls.NewListener(p.tunnel, a.Config())) }()
	return p
}

// Close ends the tunnels.
func (p *Proxy) Close() error { return p.inner.Close() }

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		p.server.ServeHTTP(w, r)
		return
	}
	if !Known(r.Host) {
		http.Error(w, "the sandbox opens no way to "+r.Host, http.StatusBadGateway)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "no tunnel can be opened here", http.StatusInternalServerError)
		return
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil || buffered.Reader.Buffered() > 0 {
		_ = conn.Close() // nothing may be said before the tunnel is there
		return
	}
	_ = conn.SetDeadline(time.Time{})
	p.tunnel.hand(conn)
}

// tunnels is a listener whose connections others bring.
type tunnels struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

var errEnded = errors.New("the proxy has ended")

func (t *tunnels) hand(c net.Conn) {
	select {
	case t.conns <- c:
	case <-t.done:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case c := <-t.conns:
		return c, nil
	case <-t.done:
		return nil, errEnded
	}
}

// Close implements net.Listener.
func (t *tunnels) Close() error {
	t.once.Do(func() { close(t.done) })
	return nil
}

// Addr implements net.Listener.
func (t *tunnels) Addr() net.Addr { return &net.TCPAddr{} }
