package wire

import (
	"errors"
	"net/http"
	"strings"
)

// Remedy is what to do about an answer that is known by its code or by a part
// of its text, whichever is set.
type Remedy struct {
	Code, Text string
	Way        string
}

func (r Remedy) fits(e *Error) bool {
	return (r.Code == "" || r.Code == e.Code || r.Code == e.Detail) && (r.Text == "" || strings.Contains(e.Message, r.Text))
}

// Explain puts the way out behind what a service answered: of the first remedy
// that fits, else of what the answer's status means. Permission is what the
// request takes, in words. What is no answer of a service stays as it is.
func Explain(err error, permission string, known ...Remedy) string {
	var e *Error
	if !errors.As(err, &e) || e.Status == 0 {
		return err.Error()
	}
	for _, r := range known {
		if r.fits(e) {
			return err.Error() + ": " + r.Way
		}
	}
	return err.Error() + ": " + wayOut(e.Status, permission)
}

func wayOut(status int, permission string) string {
	switch {
	case status == http.StatusUnauthorized:
		return "the token was not taken; look at the clock of this machine, and at usher doctor"
	case status == http.StatusForbidden:
		return "the identity needs " + permission + "; usher doctor says more"
	case status == http.StatusNotFound || status == http.StatusGone:
		return "it was deleted, or is too new to be seen everywhere; plan again"
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		return "somebody changed it at the same time; plan again"
	case status == http.StatusTooManyRequests:
		return "the service's allowance is used up; run usher again later"
	case status == http.StatusNotImplemented:
		return "the service does not accept this request of usher: look for a newer version, or report it with the request id"
	case status >= http.StatusInternalServerError || status == http.StatusRequestTimeout:
		return "the service has a problem of its own; run usher again later, and give its support the request id"
	}
	return "the service refuses it for the reason that it names: correct the configuration by that, or report it with the request id"
}
