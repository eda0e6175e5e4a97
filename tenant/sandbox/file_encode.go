package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Encode writes the tenant with one user, SKU and environment a line, so that
// tenant files can be compared and searched.
func (t *Tenant) Encode(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"format\": %d,\n  \"id\": %s,\n  \"name\": %s", t.Format, compact(t.ID), compact(t.Name))
	lines(&b, "skus", t.SKUs)
	member(&b, "capacity", t.Capacity)
	lines(&b, "environments", t.Environments)
	lines(&b, "users", t.Users)
	optional(&b, "deletedUsers", t.Deleted)
	optional(&b, "groups", t.Groups)
	optional(&b, "selfService", t.SelfService)
	optional(&b, "dataPolicies", t.Policies)
	optional(&b, "applications", t.Applications)
	if t.Limits != nil {
		member(&b, "limits", t.Limits)
	}
	if t.Delays != nil {
		member(&b, "delays", t.Delays)
	}
	if t.Audit != nil {
		member(&b, "audit", t.Audit)
	}
	if t.Activity != nil {
		member(&b, "activity", t.Activity)
	}
	if t.Clock != nil {
		member(&b, "clock", t.Clock)
	}
	if t.Capitals {
		member(&b, "capitals", true)
	}
	optional(&b, "unknownResources", t.Unknown)
	optional(&b, "faults", t.Faults)
	optional(&b, "overspends", t.Overspends)
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

func member(b *bytes.Buffer, name string, v any) { fmt.Fprintf(b, ",\n  %q: %s", name, compact(v)) }

func optional[T any](b *bytes.Buffer, name string, rows []T) {
	if len(rows) > 0 {
		lines(b, name, rows)
	}
}

func lines[T any](b *bytes.Buffer, name string, rows []T) {
	fmt.Fprintf(b, ",\n  %q: [", name)
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		b.Write(compact(row))
	}
	if len(rows) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteByte(']')
}

// compact marshals a value of this package's own types, which cannot fail.
func compact(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
