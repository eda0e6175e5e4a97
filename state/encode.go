package state

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// The ways in which a document can be unreadable. Nothing is ever written over
// a document that was not read.
var (
	// ErrNewer means that a newer usher wrote the document.
	ErrNewer = errors.New("the state was written by a newer usher")
	// ErrDamaged means that the document is cut off or is not a state.
	ErrDamaged = errors.New("the state is damaged")
)

var errMore = errors.New("something follows it")

// row is a grant as the document has it, on a line of its own. The address
// carries the names, the other two fields the identities.
type row struct {
	Address ledger.Address `json:"address"`
	Holder  string         `json:"holder"`
	Item    string         `json:"item"`
	ledger.Value
	Since  string        `json:"since,omitempty"`
	From   Line          `json:"from,omitempty"`
	Match  *ledger.Match `json:"match,omitempty"`
	At     *time.Time    `json:"at,omitempty"`
	Before *ledger.Value `json:"before,omitempty"`
	Why    string        `json:"why,omitempty"`
}

type claimsRow struct {
	Digest string    `json:"digest"`
	At     time.Time `json:"at"`
	Grants []row     `json:"grants"`

	Removals []row `json:"removals,omitempty"`
}

type confirmationRow struct {
	Address string    `json:"address"`
	At      time.Time `json:"at"`
}

// formerRow is a name that a holder had before.
type formerRow struct {
	Address string `json:"address"`
	Holder  string `json:"holder"`
}

type file struct {
	Version    int               `json:"version"`
	Lineage    string            `json:"lineage"`
	Serial     uint64            `json:"serial"`
	Tenant     string            `json:"tenant"`
	Grants     []row             `json:"grants"`
	Former     []formerRow       `json:"former,omitempty"`
	Claims     *claimsRow        `json:"claims"`
	Recent     []row             `json:"recent"`
	Pending    []row             `json:"pending"`
	Restarts   []row             `json:"restarts,omitempty"`
	Confirmed  []confirmationRow `json:"confirmed"`
	Leaving    []row             `json:"leaving,omitempty"`
	Selectors  []string          `json:"selectors,omitempty"`
	Undeclared []Undeclared      `json:"undeclared,omitempty"`
	History    *Head             `json:"history,omitempty"`
}

func rowOf(g ledger.Grant) row {
	return row{Address: g.Address(), Holder: g.Holder.ID, Item: g.Item.ID, Value: g.Value}
}

func (r row) grant() (ledger.Grant, error) {
	kind, holder, item, err := r.Address.Split()
	if err != nil {
		return ledger.Grant{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if r.Holder == "" || r.Item == "" || r.Units < 0 {
		return ledger.Grant{}, fmt.Errorf("%w: %s has no holder, no item, or negative units", ErrDamaged, r.Address)
	}
	if _, own, ok := strings.Cut(r.Holder, "/"); kind.Inside() && (!ok || own == "") {
		return ledger.Grant{}, fmt.Errorf("%w: %s names no environment", ErrDamaged, r.Address)
	}
	return ledger.Grant{Holder: ledger.Holder{Kind: kind, ID: r.Holder, Name: holder},
		Item: ledger.Item{Kind: kind.Holds(), ID: r.Item, Name: item}, Value: r.Value}, nil
}

// Encode writes the document: one grant a line, sorted by key, so that it
// compares and searches well.
func (d *Document) Encode() []byte {
	const row = 200 // bytes of a grant, about: a buffer that grows is copied
	var b bytes.Buffer
	b.Grow(row * len(d.Grants))
	fmt.Fprintf(
		&b,
		"{\n  \"version\": %d,\n  \"lineage\": %s,\n  \"serial\": %d,\n  \"tenant\": %s",
		Version,
		compact(d.Lineage),
		d.Serial,
		compact(d.Tenant),
	)
	list(&b, "grants", d.Grants, func(r Record) any {
		out := rowOf(r.Grant)
		out.Since, out.From, out.Match = r.Since, r.From, r.Match
		return out
	})
	if len(d.Former) > 0 {
		list(&b, "former", d.Former, func(h ledger.Holder) any { return formerRow{h.Address(), h.ID} })
	}
	b.WriteString(",\n  \"claims\": ")
	if d.Claims == nil {
		b.WriteString("null")
	} else {
		fmt.Fprintf(&b, "{\"digest\": %s, \"at\": %s", compact(d.Claims.Digest), compact(d.Claims.At))
		list(&b, "grants", d.Claims.Grants, func(g ledger.Grant) any { return rowOf(g) })
		if len(d.Claims.Removals) > 0 {
			list(&b, "removals", d.Claims.Removals, func(g ledger.Grant) any { return rowOf(g) })
		}
		b.WriteByte('}')
	}
	list(&b, "recent", d.Recent, func(r ledger.Recent) any {
		out := rowOf(r.Grant)
		out.At, out.Before = &r.At, r.Before
		return out
	})
	list(&b, "pending", d.Pending, func(p Pending) any {
		out := rowOf(p.Grant)
		out.At, out.Why = &p.Since, p.Why
		return out
	})
	if len(d.Restarts) > 0 {
		list(&b, "restarts", d.Restarts, func(g ledger.Grant) any { return rowOf(g) })
	}
	list(&b, "confirmed", d.Confirmed, func(c Confirmation) any { return confirmationRow(c) })
	d.encodeLists(&b)
	if d.History != nil {
		fmt.Fprintf(&b, ",\n  \"history\": %s", compact(d.History))
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

func list[T any](b *bytes.Buffer, name string, values []T, rowOf func(T) any) {
	fmt.Fprintf(b, ",\n  %q: [", name)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		if err := enc.Encode(rowOf(v)); err != nil {
			panic(err) // rows are plain data
		}
		b.Truncate(b.Len() - 1) // the encoder's own line end
	}
	if len(values) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteByte(']')
}

func compact(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// Decode reads a document of any version up to Version.
func Decode(text []byte) (*Document, error) {
	var f file
	lines, rest := split(text)
	err := unmarshal(rest, &f)
	if err != nil {
		err = unmarshal(text, &f) // says on which line of the whole
	}
	if newer := newerVersion(text, f.Version); newer > 0 {
		return nil, fmt.Errorf("%w: its version is %d, and this usher reads up to %d; upgrade usher", ErrNewer, newer, Version)
	}
	if line := mergeMark(text); err != nil && line > 0 {
		return nil, fmt.Errorf("%w: line %d is a mark of a merge: two versions were merged by git, and a state cannot be; keep one of them",
			ErrDamaged, line)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if f.Version < 1 || f.Lineage == "" {
		return nil, fmt.Errorf("%w: it has no version or no lineage", ErrDamaged)
	}
	recs, err := records(lines)
	if err != nil {
		return nil, err
	}
	return f.document(recs)
}

// unmarshal reads one JSON value strictly, and says on which line it stops
// being one.
func unmarshal(text []byte, f *file) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err := dec.Decode(f)
	if err == nil && dec.More() {
		err = errMore
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n")), err)
	}
	return err
}

// newerVersion finds a newer version also in a document whose other fields
// this version does not know.
func newerVersion(text []byte, read int) int {
	if read > Version {
		return read
	}
	var head struct {
		Version int `json:"version"`
	}
	if read == Version || json.Unmarshal(text, &head) != nil || head.Version <= Version {
		return 0
	}
	return head.Version
}

// document makes a document of the file and of the records that were read
// apart from it.
func (f file) document(recs []Record) (*Document, error) {
	if err := cmp.Or(f.History.plausible(), f.moments()); err != nil {
		return nil, err
	}
	d := &Document{Selectors: f.Selectors, Lineage: f.Lineage, Serial: f.Serial, Tenant: f.Tenant, Grants: recs, History: f.History}
	for _, r := range f.Grants {
		g, err := r.grant()
		if err != nil {
			return nil, err
		}
		d.Grants = append(d.Grants, Record{g, r.Since, r.From, r.Match})
	}
	byKey := func(a, b Record) int { return a.Key().Compare(b.Key()) }
	if !slices.IsSortedFunc(d.Grants, byKey) {
		slices.SortStableFunc(d.Grants, byKey)
	}
	for i := 1; i < len(d.Grants); i++ {
		if d.Grants[i-1].Key() == d.Grants[i].Key() {
			return nil, fmt.Errorf("%w: %s is there twice", ErrDamaged, d.Grants[i].Address())
		}
	}
	return d, f.rest(d)
}

// grantsOf reads grants that are no records: an interrupted run's, for example.
func grantsOf(rows []row) ([]ledger.Grant, error) {
	var all []ledger.Grant
	for _, r := range rows {
		g, err := r.grant()
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

func (f file) claims(d *Document) error {
	if f.Claims == nil {
		return nil
	}
	grants, err := grantsOf(f.Claims.Grants)
	if err != nil {
		return err
	}
	removals, err := grantsOf(f.Claims.Removals)
	d.Claims = &Claims{Digest: f.Claims.Digest, At: f.Claims.At, Grants: grants, Removals: removals}
	return err
}

func (f file) leaving(d *Document) error {
	for _, r := range f.Leaving {
		g, err := r.grant()
		if err != nil || r.Since == "" {
			return fmt.Errorf("%w: a seat that is held has no address or no day", ErrDamaged)
		}
		d.Leaving = append(d.Leaving, Leaving{g, r.Since})
	}
	return nil
}

func (f file) rest(d *Document) error {
	for _, r := range f.Former {
		kind, name, err := ledger.SplitHolder(r.Address)
		if err != nil || r.Holder == "" {
			return fmt.Errorf("%w: a former name has no address or no holder", ErrDamaged)
		}
		d.Former = append(d.Former, ledger.Holder{Kind: kind, ID: r.Holder, Name: name})
	}
	if err := cmp.Or(f.claims(d), f.leaving(d)); err != nil {
		return err
	}
	for _, r := range f.Recent {
		g, err := r.grant()
		if err != nil || r.At == nil {
			return fmt.Errorf("%w: a recent write has no time or no address", ErrDamaged)
		}
		d.Recent = append(d.Recent, ledger.Recent{Grant: g, At: *r.At, Before: r.Before})
	}
	for _, r := range f.Pending {
		g, err := r.grant()
		if err != nil || r.At == nil {
			return fmt.Errorf("%w: a pending change has no time or no address", ErrDamaged)
		}
		d.Pending = append(d.Pending, Pending{Grant: g, Since: *r.At, Why: r.Why})
	}
	for _, r := range f.Restarts {
		g, err := r.grant()
		if err != nil {
			return err
		}
		g.Item.Kind = ledger.Seat // of the flow's owner
		d.Restarts = append(d.Restarts, g)
	}
	for _, c := range f.Confirmed {
		d.Confirmed = append(d.Confirmed, Confirmation(c))
	}
	var err error
	d.Undeclared, err = f.undeclared()
	return err
}
