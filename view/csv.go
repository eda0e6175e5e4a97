package view

import "encoding/csv"

// Tabled is data that is a table: rows of cells, with a heading first.
type Tabled interface{ Cells() [][]string }

// asCSV writes a table for programs such as Excel, which carry none of it out.
func asCSV(out Output, d Document) error {
	w := csv.NewWriter(out)
	if data, is := d.Data.(Tabled); is {
		for _, row := range data.Cells() {
			cells := make([]string, len(row))
			for i, text := range row {
				cells[i] = cell(text)
			}
			if err := w.Write(cells); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}
