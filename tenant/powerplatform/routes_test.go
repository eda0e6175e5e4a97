package powerplatform

import "testing"

// TestSpelling: an environment is asked for as the service spells it, also one that no list had.
func TestSpelling(t *testing.T) {
	c := New(nil, nil)
	c.spelled["default-81db"] = "Default-81DB"
	for id, want := range map[string]string{"default-81db": "Default-81DB", "default-52a5": "Default-52a5", "52a5": "52a5"} {
		if got := c.spelling(id); got != want {
			t.Errorf("%s is asked for as %s, and not as %s", id, got, want)
		}
	}
}
