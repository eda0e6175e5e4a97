package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// saying is a service that gives the same answer to everything.
type saying struct {
	status int
	body   []byte
}

// Do implements policy.Transporter.
func (s *saying) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(s.body)), Request: req}, nil
}

// counted is a row that has to have an id.
type counted struct {
	ID    string         `json:"id"`
	Units wire.Count     `json:"units"`
	Most  *wire.Count    `json:"most"`
	Rows  wire.List[int] `json:"rows"`
}

// Shape implements wire.Shaped.
func (c *counted) Shape() error {
	if c.ID == "" {
		return errors.New("it has no id")
	}
	return nil
}

// FuzzAnswers reads any bytes as an answer of a service: a list is read only from a
// list, all of it, with counts that are none below zero, and is written and read back
// the same; anything else is an error, which says something.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"value":[{"id":"a","units":1,"most":null,"rows":[1]},{"id":"b","units":1099511627776,"rows":null}]}`,
		`{"value":[]}`, `{"value":null}`, `{"value":[null]}`, `{"VALUE":[{"ID":"a","Units":-1}]}`, `{"value":[{"id":"a","units":1e3}]}`,
		`{"value":[{"id":"a"}],"@odata.nextLink":"/list"}`,
		`{"value":[],"nextLink":"https://elsewhere.example/x"}`, `{"value":[],"nextLink":"\u001b"}`,
		`{"value":[],"nextLink":"` + strings.Repeat("long", 1000) + `\u001b"}`, `{"value":[],"nextLink":"/` + strings.Repeat("long", 1000) + `"}`,
		`[{"id":"a","units":0}]`, `[]`, `null`, ``, " \n", `{"value":[{"id":"\ud800\u0000"}]}x`,
	} {
		f.Add(true, []byte(body))
	}
	for _, body := range []string{
		`{"error":{"code":"X","message":"No.\u001b[2J","innerError":{"request-id":"r"},"details":[{"code":"Y"}]}}`, `{"code":"C","message":"M"}`,
		`{"title":"T","detail":"D"}`, `[{"errorMessage":{"code":"C","message":"M"}}]`, "Not\x00now\n", `{"error":"x"}`,
	} {
		f.Add(false, []byte(body))
	}
	f.Fuzz(func(t *testing.T, ok bool, body []byte) {
		s := &saying{http.StatusOK, body}
		if !ok {
			s.status = http.StatusForbidden
		}
		c := wire.New(wire.Options{Base: "https://service.example", Version: "0", Transport: s, Now: time.Now})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		rows, err := wire.All[counted](ctx, c, "/list")
		switch {
		case err != nil:
			refused(t, err, s.status, body)
		case !ok:
			t.Errorf("a refusal is read as %+v", rows)
		default:
			listed(t, body, rows)
			back(t, c, s, rows)
		}
		s.body = body
		var whole wire.List[counted]
		if err := c.Get(ctx, "/whole", &whole); err != nil {
			refused(t, err, s.status, body)
		} else if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) || whole == nil {
			t.Errorf("%q is read as the list %+v", body, whole)
		}
	})
}

// refused checks an error: it can be shown, and one about a refusal says which.
func refused(t *testing.T, err error, status int, body []byte) {
	for _, text := range []string{err.Error(), wire.Explain(err, "a permission")} {
		answers.Told(t, text)
	}
	var e *wire.Error
	if errors.As(err, &e) != (status != http.StatusOK) || e != nil && e.Status != status {
		t.Errorf("%q with the status %d is the error %+v", body, status, err)
	}
	const most = 500 // and a sign that there was more
	if e != nil && len(e.Message) > most+len("…") {
		t.Errorf("an error says %d bytes", len(e.Message))
	}
}

// listed checks what was read against the answer: some list "value" of it has as
// many rows.
func listed(t *testing.T, body []byte, rows []counted) {
	found := false
	dec := json.NewDecoder(bytes.NewReader(body))
	if _, err := dec.Token(); err != nil {
		t.Fatalf("%q is read as %+v", body, rows)
	}
	for dec.More() {
		var list []json.RawMessage
		var value json.RawMessage
		name, err := dec.Token()
		if err == nil {
			err = dec.Decode(&value)
		}
		if err != nil {
			t.Fatalf("%q is read as %+v: %v", body, rows, err)
		}
		if key, _ := name.(string); strings.EqualFold(key, "value") && json.Unmarshal(value, &list) == nil && list != nil {
			found = found || len(list) == len(rows)
		}
	}
	if !found {
		t.Errorf("%q is read as %+v", body, rows)
	}
	for _, r := range rows {
		if r.ID == "" || r.Units < 0 || r.Most != nil && *r.Most < 0 {
			t.Errorf("a row is %+v", r)
		}
	}
}

// back lets the service say what was read.
func back(t *testing.T, c *wire.Client, s *saying, rows []counted) {
	if rows == nil {
		return
	}
	s.body = must(json.Marshal(map[string]any{"value": rows}))
	if again, err := wire.All[counted](context.Background(), c, "/list"); err != nil || !reflect.DeepEqual(rows, again) {
		t.Errorf("%+v became %+v, %v", rows, again, err)
	}
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}
