package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestEveryRuleIsShown reads docs/licensing-rules.md: every rule of the range has
// a row, and every file that a row names says the rule's number.
func TestEveryRuleIsShown(t *testing.T) {
	text, err := os.ReadFile("../../docs/licensing-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[int]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| (.*?) \| (.*) \|$`).FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.Atoi(m[1])
		rows[n] = m[2]
		if m[2] == "–" && m[3] == "" {
			t.Errorf("rule %d has neither a test nor a reason", n)
		}
	}
	for _, r := range [][2]int{{2, 27}, {30, 40}, {46, 46}, {49, 49}, {54, 58}} {
		for n := r[0]; n <= r[1]; n++ {
			if _, ok := rows[n]; !ok {
				t.Errorf("rule %d has no row", n)
			}
		}
	}
	for n, where := range rows {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(where, -1) {
			file, err := os.ReadFile("../../" + m[1])
			if err != nil {
				t.Errorf("rule %d: %v", n, err)
			} else if !names(string(file), n) {
				t.Errorf("rule %d: %s does not name it", n, m[1])
			}
		}
	}
}

// names reports whether a text says "rule N", or "rules" with N among them.
func names(text string, n int) bool {
	text = strings.NewReplacer("\n# ", " ", "\n// ", " ", "\n\t// ", " ", "\n", " ").Replace(text)
	for _, m := range regexp.MustCompile(`[Rr]ules? ([0-9, andto]+)`).FindAllStringSubmatch(text, -1) {
		for _, part := range regexp.MustCompile(`(\d+)(?: to (\d+))?`).FindAllStringSubmatch(m[1], -1) {
			from, _ := strconv.Atoi(part[1])
			to := from
			if part[2] != "" {
				to, _ = strconv.Atoi(part[2])
			}
			if from <= n && n <= to {
				return true
			}
		}
	}
	return false
}
