// Package answers is for tests of clients: a service that gives one answer to every
// question, and what must hold of whatever is made of it. The program never uses it.
package answers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Always is a service that answers every request with the same bytes and 200.
type Always []byte

// Do implements policy.Transporter.
func (a Always) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a)), Request: req}, nil
}

// longest is how much of a service's words a client passes on, in bytes.
const longest = 2000

// Told checks what a client says of an answer: it says something, and passes on no more
// of the service's words than people read. What they say to a terminal is the view's.
func Told(t *testing.T, said string) {
	t.Helper()
	if strings.TrimSpace(said) == "" || len(said) > longest {
		t.Errorf("it says %d bytes: %.200q", len(said), said)
	}
}

// WellTold checks what became of an answer: an error says something, and where a list is
// due, an answer without one is an error.
func WellTold(t *testing.T, body []byte, list bool, err error) {
	t.Helper()
	if err == nil {
		if list && !HasList(body, "value") {
			t.Errorf("%q is read as a list", body)
		}
		return
	}
	Told(t, err.Error())
}

// HasList reports whether an answer has a list of a name, in any case of its letters.
func HasList(body []byte, list string) bool {
	var whole map[string]json.RawMessage
	if json.Unmarshal(body, &whole) != nil {
		return false
	}
	for name, text := range whole {
		if strings.EqualFold(name, list) && text[0] == '[' {
			return true
		}
	}
	return false
}
