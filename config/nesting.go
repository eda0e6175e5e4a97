package config

import (
	"bytes"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// checkNesting refuses expressions that are nested so deep, or are so long, that
// reading them would take more stack than there is.
func checkNesting(text []byte, name string) hcl.Diagnostics {
	tokens, _ := hclsyntax.LexConfig(text, name, hcl.InitialPos)
	n := nesting{levels: make([]level, 1)}
	for _, t := range tokens {
		if t.Type == hclsyntax.TokenNumberLit && hugeNumber.Match(t.Bytes) {
			return hcl.Diagnostics{failure(t.Range, "Number out of range", "%.20s… is no number that usher counts with.", t.Bytes)}
		}
		n.read(t)
		if len(n.levels)-1 > deepest {
			return hcl.Diagnostics{
				failure(t.Range, "Nested too deep", "Here are more than %d brackets in brackets: name parts of it with locals.", deepest),
			}
		}
		if n.tall() > mostOperators {
			return hcl.Diagnostics{
				failure(t.Range, "Expression too long", "This expression has more than %d operators: name parts of it with locals.", mostOperators),
			}
		}
	}
	return nil
}

// hugeNumber is a number with an exponent that no count of licenses has.
var hugeNumber = regexp.MustCompile(`[eE][+-]?[0-9]{4,}$|^[0-9.]{400,}`)

// nesting follows how tall the tree of an expression becomes: an operator can have all
// that stands before it, and all that is in a bracket, below itself.
type nesting struct {
	levels []level
	around int // the heights of all levels but the last
}

// tall is the height of what is read, with all that is around it.
func (n *nesting) tall() int { return n.around + n.last().tall() }

// level is what stands in one bracket; the first is the file. A comma or, between
// braces, a new line ends an element, and the next one stands beside it.
type level struct {
	bracket   hclsyntax.TokenType
	began     bool // something is in it
	loops     bool // it is a for expression, whose lines are one element
	operators int  // of the element
	below     int  // the tallest bracket in the element
	tallest   int  // of the elements before
}

// tall is the height of the element that is being read.
func (l *level) tall() int { return l.operators + l.below }

// next begins an element.
func (l *level) next() {
	l.tallest = max(l.tallest, l.tall())
	l.operators, l.below = 0, 0
}

func (n *nesting) last() *level { return &n.levels[len(n.levels)-1] }

// read goes on by a token.
func (n *nesting) read(t hclsyntax.Token) {
	l := n.last()
	if !l.began && t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
		l.began, l.loops = true, t.Type == hclsyntax.TokenIdent && string(t.Bytes) == "for"
	}
	switch t.Type {
	case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		l.operators++
		n.around += l.tall()
		n.levels = append(n.levels, level{bracket: t.Type})
	case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
		n.close()
	case hclsyntax.TokenComma:
		l.next()
	case hclsyntax.TokenNewline, hclsyntax.TokenComment: // a comment up to the end of a line has that in it
		ends := len(n.levels) == 1 || l.bracket == hclsyntax.TokenOBrace && !l.loops
		if ends && bytes.HasSuffix(t.Bytes, []byte("\n")) {
			l.next()
		}
	case hclsyntax.TokenIdent, hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenOQuote, hclsyntax.TokenCQuote,
		hclsyntax.TokenEqual, hclsyntax.TokenEOF, hclsyntax.TokenNumberLit:
	default:
		l.operators++
	}
}

// close ends a bracket, which is an operand of what is around it. One too many is left
// to the parser, which tells of it.
func (n *nesting) close() {
	if len(n.levels) == 1 {
		return
	}
	l := n.last()
	l.next()
	tallest := l.tallest
	n.levels = n.levels[:len(n.levels)-1]
	n.around -= n.last().tall()
	n.last().below = max(n.last().below, tallest)
}
