package tenant

import (
	"strings"

	"github.com/usher-cli/usher/tenant/wire"
)

// fold is a name as names are compared: tidy, and without regard to case.
func fold(name string) string { return strings.ToLower(wire.Tidy(name)) }
