// Package config turns the HCL files of a directory into what is wanted:
// rules, wants and a guard, each with the line that declares it.
//
// It never looks at a tenant or a state, so everything it says can be said
// on a laptop without credentials. It reads only inside the configuration
// directory, and hcl and cty stay inside it: the one thing that leaves is
// hcl.Diagnostics, for whoever shows them.
package config
