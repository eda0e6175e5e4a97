package config

import (
	"errors"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// userColumns are the headings under which Excel sheets, the Microsoft 365 admin centre and the
// Entra portal export user principal names, in lower case and without spaces.
//
// The Entra admin centre writes the names of properties in every language. The others are as
// Microsoft translates "user principal name" and "user name" on its documentation pages in
// German, Dutch, French, Spanish, Italian, Portuguese and Japanese. Source: Microsoft Learn, "Bulk
// download users" in these languages, and Microsoft Support, "Add several users at the same time".
func userColumns() []string {
	return []string{
		"userprincipalname", "upn", "username", "user", "signinname", "user_principal_name", "principalname", "memberobjectidorupn",
		"benutzerprinzipalname", "benutzername",
		"userprincipal-naam", "gebruikersnaam",
		"nomd'utilisateurprincipal", "nomprincipaldel'utilisateur", "nomd'utilisateur",
		"nombreprincipaldeusuario", "nombreprincipaldelusuario", "nombredeusuario",
		"nomedell'entitàutente", "nomeprincipaleutente", "nomeutente",
		"nomeprincipaldousuário", "nomeprincipaldoutilizador", "nomedeusuário", "nomedeutilizador", "nomeupn",
		"ユーザープリンシパル名", "ユーザー名",
	}
}

// userColumn finds the column of names, or the one of a heading that somebody wrote; -1 where
// there is none.
func userColumn(header []string, heading string) int {
	wanted := userColumns()
	if heading != "" {
		wanted = []string{plainHeading(heading)}
	}
	for _, name := range wanted {
		for i, h := range header {
			if m := inBrackets.FindStringSubmatch(h); m != nil && heading == "" { // User name [userPrincipalName] Required
				h = m[1]
			}
			if plainHeading(h) == name {
				return i
			}
		}
	}
	return -1
}

// plainHeading is a heading as headings are compared.
func plainHeading(h string) string {
	h = strings.Join(strings.Fields(norm.NFC.String(h)), "")
	return strings.ToLower(strings.ReplaceAll(h, "’", "'"))
}

// inBrackets is the name of a column in the templates of the Entra admin centre.
var inBrackets = regexp.MustCompile(`\[(\w+)\]`)

// preamble leaves out the lines that programs write before a table, and finds its delimiter.
//
//	sep=;          Excel
//	version:v1.0   the templates of the Entra admin centre
//	#TYPE …        Export-Csv of Windows PowerShell
func preamble(head string) (comma rune, rest string, err error) {
	line, below, found := strings.Cut(head, "\n")
	plain := strings.TrimRight(line, "\r,;\t")
	if sep, is := separator(line); is {
		if sep == 0 {
			return 0, "", errors.New(
				"its first line is sep= without one of the delimiters , ; | or tab: write one behind the sign, or take the line out",
			)
		}
		return sep, below, nil
	}
	if found && (strings.HasPrefix(plain, "version:v") || strings.HasPrefix(plain, "#TYPE")) {
		return delimiter(below), below, nil
	}
	return delimiter(head), head, nil
}

// separator reads the line in which Excel says its delimiter, as Excel writes it and as it
// comes back: sep=; "sep=," SEP=; or sep=;;; from a sheet. The delimiter is 0 where it is none.
func separator(line string) (comma rune, is bool) {
	line = strings.Trim(strings.TrimRight(line, "\r"), `"`)
	const sign = "sep="
	if len(line) < len(sign) || !strings.EqualFold(line[:len(sign)], sign) {
		return 0, false
	}
	for _, r := range strings.Trim(line[len(sign):], `"`) {
		if !strings.ContainsRune(",;\t|", r) || comma != 0 && r != comma {
			return 0, true
		}
		comma = r
	}
	return comma, true
}

// delimiter looks at the first line: admin centres write commas, Excel in
// many countries semicolons, a copied table tabs.
func delimiter(head string) rune {
	line, _, _ := strings.Cut(head, "\n")
	line = outsideQuotes(line)
	best, most := ',', strings.Count(line, ",")
	for _, c := range []rune{';', '\t'} {
		if n := strings.Count(line, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// outsideQuotes drops the quoted parts of a line.
func outsideQuotes(line string) string {
	parts := strings.Split(line, `"`)
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		b.WriteString(parts[i])
	}
	return b.String()
}
