package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/ledger/slips"
	"github.com/usher-cli/usher/plan"
)

// Request is what somebody asks for: a seat of a license, on some days.
type Request struct {
	User    string // a user principal name or an id
	License string // the label of a license block, or its product
	From    string // the first day, as YYYY-MM-DD; "" for today
	Until   string // the last one; "" for ever
	Reason  string
}

// requesting is a request whose names are found.
type requesting struct {
	*Present
	Request
	who   ledger.Holder
	rules ledger.ItemRules
	file  string // where requests for the license stand
}

// Request makes the change of the files that a request asks for. It writes nothing.
//
//	nobody asks for it          a block of its own, in the file of the owner of the license
//	an earlier request does     another last day in its block
//	something else does, as long no change: Change.Asked has the lines
//
// Whether there is a seat, the plan of the change says.
func (p *Present) Request(r Request) (*Change, error) {
	q := requesting{Present: p, Request: r}
	if err := q.check(); err != nil {
		return nil, err
	}
	q.file = requestFile(q.rules.Owner)
	d, err := config.NewDraft(p.Dir)
	if err != nil {
		return nil, err
	}
	already, err := q.write(d)
	if errors.Is(err, config.ErrByHand) {
		return nil, fmt.Errorf("the request cannot be written into %s: %w", q.file, err)
	}
	if err != nil {
		return nil, err
	}
	c, err := p.change(d, []ledger.Holder{q.who})
	if err != nil {
		return nil, err
	}
	c.Title, c.Reason, c.Alone = q.title(), r.Reason, q.alone()
	c.Name = "request/" + plain(c.Title)
	if already != nil {
		c.Asked = []ledger.Origin{*already}
		return c, nil
	}
	p.outlook(c, &q)
	if q.rules.Owner != "" {
		c.Owners = []plan.FileOwner{{File: q.file, Name: q.rules.Owner}}
		p.owned(c)
	}
	return c, nil
}

// write puts the request into a draft. Where a line asks for as much already, that is returned, and
// the draft stays.
func (q *requesting) write(d *config.Draft) (already *ledger.Origin, err error) {
	asked := q.asked()
	longEnough := func(g asking) bool { return !g.rule && !g.ends(q.Until) && g.from <= cmp.Or(q.From, q.Today()) }
	if at := slices.IndexFunc(asked, longEnough); at >= 0 {
		return &asked[at].origin, nil
	}
	own := slices.IndexFunc(asked, q.isRequest)
	if own < 0 || asked[own].from != q.From {
		return nil, d.Append(q.file, q.block().Block())
	}
	o := asked[own].origin
	label := strings.TrimPrefix(o.Block, "assignment.")
	if err := d.SetText(o, "assignment", label, "until", q.Until); err != nil {
		return nil, err
	}
	return nil, d.SetText(o, "assignment", label, "reason", q.Reason)
}

// outlook looks whether the seat is there on the first day that is asked for, and whether usher would
// give it.
func (p *Present) outlook(c *Change, q *requesting) {
	before, made := c.Before, c.Plan
	if q.From > p.Today() {
		was, is := p.input(p.Config, Choices{}), p.input(c.files, Choices{})
		was.Today, is.Today = q.From, q.From
		c.Later = [2]*plan.Plan{p.planOf(was), p.planOf(is)}
		before, made = c.Later[0], c.Later[1]
	}
	meant := func(h ledger.Holder, i ledger.Item) bool {
		return h.Identity() == q.who.Identity() && strings.EqualFold(i.Name, q.rules.Item.Name)
	}
	there := slices.ContainsFunc(p.Reading.Grants, func(g ledger.Grant) bool { return meant(g.Holder, g.Item) })
	for s := range made.EachStep() {
		there = there || meant(s.Holder, s.Item) && s.After != nil
	}
	waiting := func(pl *plan.Plan) (n int) { // for a seat of it; which call has to wait is a matter of order
		for _, call := range pl.Calls {
			of := func(s ledger.Step) bool { return strings.EqualFold(s.Item.Name, q.rules.Item.Name) }
			if call.Waits != "" && slices.ContainsFunc(call.Steps, of) {
				n++
			}
		}
		return n
	}
	switch {
	case !there:
		c.Stuck = "usher would not give it to this account: the notes say why"
	case waiting(made) > waiting(before):
		c.Stuck = "a seat has to be bought first"
	}
}

// check finds who and what a request is about, and tells all that is wrong with it.
func (q *requesting) check() error {
	var problems *multierror.Error
	bad := func(format string, args ...any) { problems = multierror.Append(problems, fmt.Errorf(format, args...)) }
	var err error
	if strings.TrimSpace(q.User) == "" {
		bad("-user names nobody: write a user principal name, such as ada@contoso.com")
	} else if q.who, err = q.find([]ledger.Holder{{Kind: ledger.User, Name: q.User}}); err != nil {
		problems = multierror.Append(problems, err)
	}
	if q.rules, err = q.license(q.License); err != nil {
		problems = multierror.Append(problems, err)
	}
	for _, day := range [][2]string{{"from", q.From}, {"until", q.Until}} {
		switch _, err := time.Parse(time.DateOnly, day[1]); {
		case day[1] == "":
		case err != nil:
			bad("-%s=%s is not a day such as 2027-03-31", day[0], day[1])
		case day[0] == "until" && day[1] < q.Today():
			bad("-until=%s has passed already: name today or a later day", day[1])
		}
	}
	if q.From != "" && q.Until != "" && q.From > q.Until {
		bad("-until=%s is before -from=%s", q.Until, q.From)
	}
	if strings.TrimSpace(q.Reason) == "" {
		bad("-reason is empty: tell those who decide what the license is for")
	}
	return problems.ErrorOrNil()
}

// license finds the license that a label or a product means.
func (p *Present) license(name string) (ledger.ItemRules, error) {
	var known []string
	for _, r := range p.Config.Items {
		if r.Item.Kind != ledger.Seat {
			continue
		}
		if r.Label == name || strings.EqualFold(r.Item.Name, name) || r.Item.ID != "" && strings.EqualFold(r.Item.ID, name) {
			return r, nil
		}
		known = append(known, r.Label)
	}
	slices.Sort(known)
	const most = 3
	switch like := slips.MostLike(name, known, most); {
	case len(known) == 0:
		return ledger.ItemRules{}, errors.New("the files declare no license: write a license block first")
	case like != "":
		return ledger.ItemRules{}, fmt.Errorf("-license=%s: no license block has this label: did you mean %s?", name, like)
	}
	return ledger.ItemRules{}, fmt.Errorf("-license=%s: no license block has this label: there are %s", name, strings.Join(known, ", "))
}

// asking is a line that asks for what is requested.
type asking struct {
	origin      ledger.Origin
	from, until string
	rule        bool // attributes find the person, who may change
}

// ends reports whether it ends before a day; "" is never.
func (a asking) ends(day string) bool { return a.until != "" && (day == "" || a.until < day) }

// asked lists the lines that ask for what is requested.
func (q *requesting) asked() []asking {
	in := q.input(q.Config, Choices{})
	dated := slices.Clone(in.Dated)
	for _, g := range in.Want {
		dated = append(dated, ledger.Dated{Grant: g})
	}
	var all []asking
	for _, g := range dated {
		if g.Holder.Identity() != q.who.Identity() || !strings.EqualFold(g.Item.Name, q.rules.Item.Name) {
			continue
		}
		_, rule := in.Matches[g.Key()]
		for _, o := range g.Origins {
			all = append(all, asking{o, g.From, g.Until, rule})
		}
	}
	return all
}

// isRequest reports whether a line is of an earlier request for the same: a block of one
// person and one license, in the file of requests.
func (q *requesting) isRequest(a asking) bool {
	n := 0
	for i := range q.Config.Selections { // somebody has written more into it
		if q.Config.Selections[i].Selectors[0].Origin.Block == a.origin.Block {
			n++
		}
	}
	for i := range q.Config.Wants {
		if slices.ContainsFunc(q.Config.Wants[i].Origins, func(o ledger.Origin) bool { return o.Block == a.origin.Block }) {
			n++
		}
	}
	return !a.rule && a.origin.File == q.file && n == 1 && !strings.HasSuffix(a.origin.Block, "]")
}

// block is the block of a request.
func (q *requesting) block() config.Assignment {
	local, _, _ := strings.Cut(q.who.Name, "@")
	taken, name := q.assignments(), plain(q.rules.Label+"-"+local)
	free := name
	for n := 2; slices.Contains(taken, free); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return config.Assignment{Name: free, Kind: ledger.User, Names: []string{q.reference(q.who)},
		From: q.From, Until: q.Until, Reason: q.Reason, Grants: []config.Grant{{License: q.rules.Label}}}
}

// title says in a line what is requested.
func (q *requesting) title() string {
	text := fmt.Sprintf("%s for %s", q.rules.Item.Name, q.who.Name)
	if q.From != "" {
		text += " from " + q.From
	}
	if q.Until != "" {
		text += " until " + q.Until
	}
	return text
}

// requestFile is the file with the requests for licenses of an owner, so that a forge can ask
// the owner for a review of just this file.
func requestFile(owner string) string {
	if name := plain(owner); name != "" {
		return "requests-" + name + ".hcl"
	}
	return "requests.hcl"
}

// plain is a name of lower-case letters and digits of ASCII, with single hyphens in between.
func plain(name string) string {
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(parts, "-")
}

// alone says what people can get of the product without anybody's help; "" for nothing.
func (q *requesting) alone() string {
	for _, g := range q.Reading.Grants {
		means := func(p catalog.Product) bool { return strings.EqualFold(p.PartNumber, q.rules.Item.Name) }
		if g.Holder.Kind == ledger.SelfService && slices.ContainsFunc(q.Catalog.Product(g.Holder.Name), means) {
			return g.Policy
		}
	}
	return ""
}
