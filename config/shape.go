package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// checkShape compares a body with the language and reports every block and
// attribute that does not belong, with the name it was probably meant to be.
//
// It needs no values, so that it finds every slip of a name in a configuration whose
// variables are not known, too.
func checkShape(body *hclsyntax.Body, spec block, where string) hcl.Diagnostics {
	diags := checkAttributes(body, spec, where)
	seen := map[string]hcl.Range{}
	for _, b := range body.Blocks {
		child, ok := spec.child(b.Type)
		if !ok {
			diags = append(diags, unknownBlock(b, spec, where))
			continue
		}
		if first, twice := seen[b.Type]; twice && child.once {
			diags = append(diags, failure(b.DefRange(), "Duplicate block",
				"There can be one %s block; the first is at %s.", b.Type, rangeText(first)))
		}
		seen[b.Type] = b.DefRange()
		if len(b.Labels) != len(child.labels) {
			diags = append(diags, failure(b.DefRange(), "Wrong number of labels", "%s", labelHelp(child)))
			continue
		}
		diags = append(diags, checkShape(b.Body, child, blockName(b))...)
	}
	return diags
}

// holdsSecret are names of arguments whose values are nobody's business.
var holdsSecret = regexp.MustCompile(`(?i)secret|password|passphrase|token|private_key`)

// secretLine makes a diagnostic that does not show its line.
type secretLine struct{}

// Conceal reports that it does not.
func (secretLine) Conceal() bool { return true }

// checkAttributes refuses unknown and missing arguments.
//
// An argument that sounds like a secret gets a message of its own, and its line is not shown:
// the message ends up in the log of a pipeline, where more people read than in the file.
func checkAttributes(body *hclsyntax.Body, spec block, where string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	if spec.open {
		return nil
	}
	known := spec.attributes()
	for name, attr := range body.Attributes {
		switch {
		case contains(known, name):
		case holdsSecret.MatchString(name):
			d := failure(
				attr.NameRange,
				"A secret in a file",
				"There is no argument %q %s, and a secret does not belong into a file that others read: "+
					"give it to usher in the environment, such as in USHER_CLIENT_SECRET. If this file was ever committed, change the secret.",
				name,
				inside(where),
			)
			d.Extra = secretLine{}
			diags = append(diags, d)
		default:
			detail := fmt.Sprintf("There is no argument %q %s.", name, inside(where))
			if way := otherWords()[name]; way != "" && contains(known, "except") {
				detail += " " + way
			} else if _, isBlock := spec.child(name); isBlock {
				detail = fmt.Sprintf("%q is a block: write %s { … } without the equals sign.", name, name)
			} else {
				detail += didYouMean(name, known)
			}
			diags = append(diags, failure(attr.NameRange, "Unknown argument", "%s", detail))
		}
	}
	for _, name := range spec.required {
		if body.Attributes[name] == nil {
			diags = append(diags, failure(body.MissingItemRange(), "Missing argument",
				"%s needs the argument %q.", where, name))
		}
	}
	return diags
}

// unknownBlock says what is wrong with a block that the language does not have.
func unknownBlock(b *hclsyntax.Block, spec block, where string) *hcl.Diagnostic {
	detail := fmt.Sprintf("There is no block %q %s.", b.Type, inside(where))
	if way := elsewhere()[b.Type]; way != "" && where == "" {
		return failure(b.TypeRange, "Unknown block", "%s %s", detail, way)
	}
	if contains(spec.attributes(), b.Type) {
		detail = fmt.Sprintf("%q is an argument: write %s = ….", b.Type, b.Type)
	} else {
		detail += didYouMean(b.Type, spec.childNames())
	}
	return failure(b.TypeRange, "Unknown block", "%s", detail)
}

// otherWords are arguments that people look for in an assignment, with what to write in their place.
func otherWords() map[string]string {
	return map[string]string{
		"also":    "People beside a rule go into users or users_file.",
		"exclude": "People to leave out of members go into except or except_file.",
		"include": "People beside a rule go into users or users_file.",
	}
}

// elsewhere are blocks that people know from Terraform, with what to write in their place.
func elsewhere() map[string]string {
	return map[string]string{
		"fleet":     "These are the files of a fleet: see usher fleet -help.",
		"check":     "The guard block stops a plan that takes too much, and usher checks every pool by itself.",
		"data":      "Names need no lookup: groups, people and environments are written by their names or ids.",
		"import":    "Declare what is there: usher apply adopts it, without a change in the tenant.",
		"module":    "Every *.hcl file of the directory is one configuration, and for_each repeats a block.",
		"moved":     "A label can be changed at will: usher knows people and products by their ids.",
		"output":    "usher plan -json and usher usage -json print documents for programs.",
		"provider":  "Write tenant \"microsoft\" { tenant_id = \"…\" }; who signs in comes from the environment.",
		"resource":  "Write license, assignment, capacity or environment blocks.",
		"terraform": "Write usher { required_version = \"…\"  backend \"KIND\" { … } }.",
	}
}

// labelHelp shows how a block is written.
func labelHelp(spec block) string {
	if len(spec.labels) == 0 {
		return fmt.Sprintf("Write %s { … }, without a label.", spec.name)
	}
	return fmt.Sprintf("Write %s %q { … }.", spec.name, strings.ToUpper(spec.labels[0]))
}

// inside names the place of something in the language.
func inside(where string) string {
	if where == "" {
		return "at the top level"
	}
	return "in " + where
}

// blockName is how messages and origins name a block: assignment.finance.
func blockName(b *hclsyntax.Block) string {
	return strings.Join(append([]string{b.Type}, b.Labels...), ".")
}
