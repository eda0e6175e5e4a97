package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// BackendBlock writes the backend block of a kind with some arguments, as it stands
// inside of the usher block.
func BackendBlock(kind string, arguments map[string]string) string {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("backend", []string{kind})
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		block.Body().SetAttributeValue(name, cty.StringVal(arguments[name]))
	}
	return string(f.Bytes())
}
