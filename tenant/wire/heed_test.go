package wire

import (
	"net/http"
	"testing"
	"time"
)

// TestHeed: what slows writes down is a service that says that its limit is
// reached, or that refuses several in a row; what speeds them up again is any
// other answer.
func TestHeed(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		share    string
		before   []int // statuses that came before
		slower   bool
		recovers bool
	}{
		"an answer":                       {status: 200},
		"an answer near the limit":        {status: 200, share: "0.99"},
		"an answer beyond it":             {status: 200, share: "1.01", slower: true},
		"a refusal of a busy server":      {status: 429},
		"a second one":                    {status: 429, before: []int{429}},
		"a third one":                     {status: 429, before: []int{429, 429}, slower: true},
		"the fourth refused of six":       {status: 429, before: []int{429, 429, 200, 429, 200}, slower: false},
		"the fifth refused of seven":      {status: 429, before: []int{429, 429, 200, 429, 200, 429}, slower: true},
		"one refused now and then":        {status: 429, before: []int{429, 200, 200, 429, 200, 429, 200, 200}},
		"a refusal near the limit":        {status: 429, share: "0.95"},
		"a refusal because of it":         {status: 429, share: "1.0", slower: true},
		"an answer after several refused": {status: 200, before: []int{429, 429, 429, 429}, recovers: true},
	} {
		p := NewPace(100, time.Now)
		for _, status := range c.before {
			heed(p, status, http.Header{})
		}
		was := p.limiter.Limit()
		h := http.Header{}
		if c.share != "" {
			h.Set("x-ms-throttle-limit-percentage", c.share)
		}
		heed(p, c.status, h)
		if now := p.limiter.Limit(); (now < was) != c.slower || (now > was) != c.recovers {
			t.Errorf("%s changes the pace from %.1f to %.1f", name, was, now)
		}
	}
}

// heed is the answer to one write.
func heed(p *Pace, status int, h http.Header) {
	if status == http.StatusTooManyRequests {
		p.Heed(0, 1, h)
		return
	}
	p.Heed(1, 0, h)
}
