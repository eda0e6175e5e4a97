package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// Address is the printed form of a grant's identity, such as
// "user/ada@contoso.com:POWERAUTOMATE_ATTENDED_RPA". Bytes outside
// [A-Za-z0-9._@-] are written +XX, so that cmd, PowerShell, bash and YAML pass
// an address through untouched.
type Address string

// NewAddress makes the address of an item held by a holder.
func NewAddress(h Holder, i Item) Address {
	return Address(h.Address() + ":" + escape(i.Name))
}

// Address returns the printed form of the holder alone, such as
// "user/ada@contoso.com".
func (h Holder) Address() string {
	if around, own, ok := strings.Cut(h.Name, "/"); ok && h.Kind.Inside() {
		return string(h.Kind) + "/" + around + "/" + escape(own) // the first part is written as an address already
	}
	return string(h.Kind) + "/" + escape(h.Name)
}

// Split takes an address apart into the holder's kind, its name and the
// item's name. The error says which part is wrong.
func (a Address) Split() (kind HolderKind, holder, item string, err error) {
	front, back, ok := strings.Cut(string(a), ":")
	if !ok {
		return "", "", "", fmt.Errorf("address %q has no item: write KIND/HOLDER:ITEM, such as user/ada@contoso.com:FLOW_FREE", a)
	}
	kind, holder, err = SplitHolder(front)
	if err != nil {
		return "", "", "", err
	}
	item, err = unescape(back)
	if err == nil && item == "" {
		err = fmt.Errorf("address %q names no item after the colon", a)
	}
	return kind, holder, item, err
}

// SplitHolder takes the address of a holder apart. The name of a flow or a
// machine is what Within makes of it.
func SplitHolder(s string) (HolderKind, string, error) {
	front, back, ok := strings.Cut(s, "/")
	kind := HolderKind(front)
	if !ok || !slices.Contains(Kinds(), kind) {
		return "", "", fmt.Errorf("%q does not start with user/, group/, environment/, flow/, machine/, machine_group/ or self_service/", s)
	}
	around := ""
	if kind.Inside() {
		if around, back, ok = strings.Cut(back, "/"); !ok || around == "" {
			return "", "", fmt.Errorf("%q names no environment: write %s/ENVIRONMENT/NAME", s, kind)
		}
		if _, err := unescape(around); err != nil {
			return "", "", err
		}
		around += "/"
	}
	name, err := unescape(back)
	switch {
	case err != nil:
		err = fmt.Errorf("%w: if this is a name, write %s", err, Holder{Kind: kind, Name: around + back}.Address())
	case name == "":
		err = fmt.Errorf("%q has no name after %s/%s", s, kind, around)
	}
	return kind, around + name, err
}

// ParseHolder reads what somebody types for a holder: its address, or its name as it is
// written anywhere else, such as user/o'neill@contoso.com.
func ParseHolder(s string) (Holder, error) {
	kind, name, err := SplitHolder(s)
	if err == nil {
		return Holder{Kind: kind, Name: name}, nil
	}
	front, back, ok := strings.Cut(s, "/")
	kind = HolderKind(front)
	if !ok || !slices.Contains(Kinds(), kind) || back == "" {
		return Holder{}, err
	}
	if !kind.Inside() {
		return Holder{Kind: kind, Name: back}, nil
	}
	around, own, ok := strings.Cut(back, "/")
	if !ok || around == "" || own == "" {
		return Holder{}, err
	}
	if plain, problem := unescape(around); problem == nil {
		around = plain
	}
	return Within(Holder{Name: around}, kind, "", own).named(), nil
}

// named is a holder without an id.
func (h Holder) named() Holder {
	h.ID = ""
	return h
}

const hexDigits = "0123456789ABCDEF"

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '.' || c == '_' || c == '@' || c == '-'
}

func escape(s string) string {
	for i := 0; i < len(s); i++ {
		if !plain(s[i]) {
			return escapeFrom(s, i)
		}
	}
	return s
}

func escapeFrom(s string, at int) string {
	var b strings.Builder
	b.WriteString(s[:at])
	for i := at; i < len(s); i++ {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('+')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// unescape accepts only what escape writes, so that a name has one address.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case plain(c):
		case c == '+' && i+2 < len(s):
			high, low := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
			if high < 0 || low < 0 || plain(byte(high<<4|low)) {
				return "", fmt.Errorf("%q has a wrong escape %q: + is followed by two hexadecimal digits in upper case", s, s[i:i+3])
			}
			c = byte(high<<4 | low)
			i += 2
		default:
			return "", fmt.Errorf("%q has %q, written as +%02X in an address", s, c, c)
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}
