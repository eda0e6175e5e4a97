package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/ledger"
)

// Page is what usher tells people, before any medium: words and values as they are,
// with nothing escaped, coloured or laid out. A format does that.
type Page struct {
	Title  string // what the page is about
	Parts  []Part
	Digest string // of the plan that it is about; "" for none

	At      time.Time      // when what it tells was found
	Finding ledger.Finding // "" for something
}

// Part is a piece of a page, in the order in which people read: a Sentence, Intro, Verdict,
// Note, Steps, Table, Bars, List, Facts, Outcome, Check, Code or Break.
type Part interface{ part() }

// Sentence is a line of its own.
type Sentence string

// Intro is a sentence before steps, which says what they are.
type Intro string

// Verdict sums the page up in a line.
type Verdict string

// Note is something to look at: a problem, a warning, or why a plan is refused.
type Note struct {
	Level   Level
	Code    string // of its kind; "" for none
	Address string // what it is about; "" where Text says so
	Heading string // what is wrong, in a few words, where Text does not say that
	Text    string
	Sources []Source
	Lines   []string        // what belongs to it, a line each
	Fix     string          // the way out
	Origins []ledger.Origin // lines that lead to it, where Lines names them
}

// sentence is the text behind what it is about, where it does not begin with that.
func (n Note) sentence() string {
	if n.Address == "" || strings.HasPrefix(n.Text, n.Address) {
		return n.Text
	}
	return n.Address + ": " + n.Text
}

// Level is how much a note matters.
type Level int

// The levels of notes.
const (
	Wrong Level = iota // an error
	Warning
	Info
	Refusal   // forbids applying the plan
	Permitted // would forbid it, and a flag allows it
	Unbound   // forbids applying it as well: the branch changes a rule that binds it
)

// Source is a line of a file.
type Source struct {
	File  string
	Line  int    // 0 for none
	Block string // the block that it is in; "" where nobody knows
	Text  string // what stands there; "" where nobody knows, or nobody is to see it
}

// where is the place of a source, in words.
func (s Source) where() string {
	where := s.File
	if s.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, s.Line)
	}
	if s.Block != "" {
		where += ", in " + s.Block
	}
	return where
}

// Steps are the steps of a plan under one heading.
type Steps struct {
	Title   string
	Rows    []Row
	Adopted int    // people whose adoptions are only counted
	Base    string // the revision that asks for them, too; "" for none
}

// Row is one step.
type Row struct {
	Op      ledger.Op
	Subject string
	Detail  string // what the step changes, and why
	Origins []ledger.Origin
	Address string
	Why     ledger.Why
	Move    Move // the product that a person changes for another one by it; zero for none
}

// Move is a change of a person from one product to another. It has a row under each.
type Move struct{ From, To string }

// Table is rows of values, the first of which are names.
type Table struct {
	Head []string
	Rows [][]string
}

// Bars are the numbers of pools, for formats that can draw them beside their table.
type Bars []Bar

// Bar is the use of one pool over a plan, in units.
type Bar struct {
	Name                          string
	Limit, Before, Highest, After int64
}

// List is items under a heading.
type List struct {
	Title string // "" for none
	Items []Item
	First bool // it stands before the tables in media that put these first
}

// Item is one item of a list. Most have only a text.
type Item struct {
	Day     string
	Op      ledger.Op
	Text    string
	Detail  string
	Origins []ledger.Origin
	Address string   // of what was found; "" where the item only explains
	More    []string // sentences about it
	Code    []string // lines to write into a file
}

// Facts are names with values.
type Facts []Fact

// Fact is one of them.
type Fact struct{ Name, Value string }

// Outcome is how a call ended.
type Outcome struct {
	Holder  string // address; "" where the steps name it
	Acts    []Act
	Outcome ledger.Outcome // "" where Instead says why there is none
	Instead string
	Message string
	Request string // the name that the service gave it; "" for none
	Lines   []string
}

// Act is a step of a call, in short.
type Act struct {
	Op   ledger.Op
	Text string
}

// Check is what was found of one thing that a run needs.
type Check ledger.Check

// finding is what was found, and of what.
func (c Check) finding() string {
	if c.Text == "" {
		return c.About
	}
	return c.About + ": " + c.Text
}

// sentence is what was found, with the way out.
func (c Check) sentence() string {
	if c.Remedy == "" {
		return c.finding()
	}
	return c.finding() + ". " + c.Remedy
}

// Code is lines that are to be copied, or compared: nothing of them is cut or moved.
type Code []string

// Break is where one thought ends and another begins.
type Break struct{}

func (Sentence) part() {}
func (Intro) part()    {}
func (Verdict) part()  {}
func (Note) part()     {}
func (Steps) part()    {}
func (Table) part()    {}
func (Bars) part()     {}
func (List) part()     {}
func (Facts) part()    {}
func (Outcome) part()  {}
func (Check) part()    {}
func (Code) part()     {}
func (Break) part()    {}

// say adds a sentence.
func (p *Page) say(format string, args ...any) { p.add(Sentence(fmt.Sprintf(format, args...))) }

// add puts parts at the end of a page.
func (p *Page) add(parts ...Part) { p.Parts = append(p.Parts, parts...) }

// Words are what turns results into pages: the names that people know, and the files
// from which lines are shown.
type Words struct {
	ServicePlans map[string]string // names of service plans, by id
	Files        map[string]*hcl.File
	Private      bool // nobody may read attributes of people
	Full         bool // what many have in common is told of each

	lines map[string][]string // of the files from which some were shown
}
