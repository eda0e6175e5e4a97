package tenant

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
)

// inProcess hands requests to a handler of this process. Everything above it
// is what runs against a tenant on the network.
type inProcess struct{ handler http.Handler }

// Do implements policy.Transporter.
func (p inProcess) Do(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			if cause != http.ErrAbortHandler { //nolint:errorlint // a handler panics with this very value
				panic(cause)
			}
			resp, err = nil, errors.New("the connection was cut before an answer came")
		}
	}()
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Host = r.URL.Host
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, in)
	_, _ = io.Copy(io.Discard, in.Body)
	return w.Result(), nil
}
