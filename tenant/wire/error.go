package wire

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer that is not a success. Its texts come from the service
// and are untrusted.
type Error struct {
	Status    int // 0 where signing in failed, and nothing was asked
	Code      string
	Detail    string // a finer code
	Message   string
	RequestID string        // for the service's support
	Wait      time.Duration // how long it asks to wait
	Doubt     bool          // an earlier try of the same request may have been carried out
}

// Error implements error.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = http.StatusText(e.Status)
	}
	if e.Status == 0 {
		return text
	}
	where := strconv.Itoa(e.Status)
	if e.Code != "" {
		where += " " + e.Code
	}
	if e.RequestID != "" {
		where += ", request " + e.RequestID
	}
	return text + " (" + where + ")"
}

// Ambiguous reports whether the service may have done what it was asked, in
// spite of the answer.
func (e *Error) Ambiguous() bool { return e.Doubt || unclear(e.Status) }

func unclear(status int) bool { return status >= 500 || status == http.StatusRequestTimeout }

// ParseError reads the shapes in which Graph and the Power Platform report
// errors: {"error":{…}}, {"code","message"}, a problem document, a list of
// validation errors, plain text, and nothing at all.
func ParseError(status int, header http.Header, body []byte) *Error {
	e := &Error{Status: status, RequestID: requestID(header), Wait: RetryAfter(header)}
	var shape struct {
		Error   *inner `json:"error"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Title   string `json:"title"`
		Detail  string `json:"detail"`

		InnerError innerError `json:"innerError"` // of the Power Platform's gateway
		ErrorCode  string     `json:"errorCode"`  // of the purchase service
		Reason     string     `json:"reason"`
	}
	var list []inner
	switch {
	case json.Unmarshal(body, &shape) == nil && shape.Error != nil:
		e.fill(*shape.Error)
	case shape.Code != "" || shape.Message != "":
		e.Code, e.Message = shape.Code, shape.Message
		e.fillInner(shape.InnerError)
	case shape.ErrorCode != "" || shape.Reason != "":
		e.Code, e.Message = shape.ErrorCode, shape.Reason
	case shape.Title != "" || shape.Detail != "":
		e.Code, e.Message = shape.Title, shape.Detail
	case json.Unmarshal(body, &list) == nil && len(list) > 0:
		e.fill(list[0])
	default:
		e.Message = strings.TrimSpace(string(body))
	}
	e.Code, e.Detail, e.Message, e.RequestID = clip(e.Code), clip(e.Detail), clip(e.Message), clip(e.RequestID)
	return e
}

type inner struct {
	Code       string     `json:"code"`
	Message    string     `json:"message"`
	InnerError innerError `json:"innerError"` // decoded in either case of its letters
	Details    []struct {
		Code string `json:"code"`
	} `json:"details"`
	ErrorMessage struct { // of a validation error
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"errorMessage"`
}

// innerError is what stands behind an error.
type innerError struct {
	RequestID string `json:"request-id"`
	Code      string `json:"code"`
	Message   string `json:"message"`
}

// fillInner adds what stands behind an error: the gateway of the Power Platform names the
// permission that is missing there, and nowhere else.
func (e *Error) fillInner(i innerError) {
	e.Detail = cmp.Or(e.Detail, i.Code)
	if i.Message != "" && i.Message != e.Message {
		e.Message = strings.TrimPrefix(e.Message+": "+i.Message, ": ")
	}
	e.RequestID = cmp.Or(i.RequestID, e.RequestID)
}

func (e *Error) fill(i inner) {
	e.Code, e.Message = cmp.Or(i.Code, i.ErrorMessage.Code), cmp.Or(i.Message, i.ErrorMessage.Message)
	if len(i.Details) > 0 {
		e.Detail = i.Details[0].Code
	}
	e.fillInner(i.InnerError)
}

// requestID is what the service calls a request: each of Microsoft's has a
// header of its own for that.
func requestID(h http.Header) string {
	for _, name := range []string{"request-id", "x-ms-request-id", "x-ms-service-request-id", "x-ms-correlation-request-id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// clip bounds texts that somebody else wrote.
func clip(s string) string {
	const most = 500
	return bound(s, most)
}

func bound(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
