package config

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestRowsOfTables: a row without its last cells is whole, and one that is cut off is not.
func TestRowsOfTables(t *testing.T) {
	for text, want := range map[string]string{
		"UPN,Team,Note\nada@contoso.com,A\ngrace@contoso.com\n":      "ada@contoso.com grace@contoso.com",
		"sep=;\nUPN;Team\nada@contoso.com\n":                         "ada@contoso.com",
		"\ufeffUPN,Team\r\nada@contoso.com,A\r\ngrace@contoso.com,B": "ada@contoso.com grace@contoso.com",
		"UPN,Team\nada@contoso.com,A\ngrace@con":                     "wrong number of fields",
		"sep=,\nUPN,Team\nada@contoso.com,A\ngrace@con":              "wrong number of fields",
		"Team,UPN\nA,ada@contoso.com\nB\n":                           "wrong number of fields",
		"UPN,Team\nada@contoso.com,A,B\n":                            "wrong number of fields",
		"version:v1.0\r\nMember object ID or user principal name [memberObjectIdOrUpn] Required\r\nada@contoso.com\r\n": "ada@contoso.com",
		"version:v1.0,,\nName [displayName] Required,User name [userPrincipalName] Required,x\nAda,ada@contoso.com,x\n": "ada@contoso.com",
		"#TYPE Selected.User\n\"UserPrincipalName\";\"Team\"\n\"ada@contoso.com\";\"A\"\n":                              "ada@contoso.com",
		"UPN\nada@contoso.com": "ada@contoso.com",
	} {
		u, err := newUserReader(strings.NewReader(text), "")
		var all []string
		for err == nil {
			var name string
			if name, _, err = u.next(); err == nil {
				all = append(all, name)
			}
		}
		got := strings.Join(all, " ")
		if !errors.Is(err, io.EOF) {
			got = err.Error()
		}
		if got != want && !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
