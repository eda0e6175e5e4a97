package forgeserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// workItem is one of Azure Boards, as it is read.
func workItem(n Note) map[string]any {
	state := map[bool]string{true: "To Do", false: "Done"}[n.Open]
	return map[string]any{"id": n.ID, "rev": 1, "fields": map[string]any{"System.Description": n.Body, "System.State": state,
		"System.CreatedBy": map[string]string{"id": n.Author, "displayName": "Build"}}}
}

// boardRoutes are those of learn.microsoft.com/rest/api/azure/devops/wit, in a project of the
// process Basic.
func boardRoutes() []route {
	wit := `/contoso/seats and more/_apis/wit`
	return []route{
		{"GET", wit + `/workitemtypes/Task/states`, func(c *call, _ []string) {
			state := func(name, category string) map[string]string {
				return map[string]string{"name": name, "color": "b2b2b2", "category": category}
			}
			all := []any{state("To Do", "Proposed"), state("Doing", "InProgress"), state("Done", "Completed")}
			c.answer(http.StatusOK, map[string]any{"count": len(all), "value": all})
		}},
		{"POST", wit + `/wiql`, func(c *call, _ []string) {
			var q struct{ Query string }
			if !c.read(&q) || !strings.Contains(q.Query, "[System.TeamProject] = @project") {
				return
			}
			items := []any{}
			for _, n := range c.notes {
				if n.Issue {
					items = append(items, map[string]any{"id": n.ID, "url": "https://dev.azure.com/contoso/_apis/wit/workItems/1"})
				}
			}
			c.answer(http.StatusOK, map[string]any{"queryType": "flat", "workItems": items})
		}},
		{"POST", wit + `/workitemsbatch`, func(c *call, _ []string) {
			var q struct {
				IDs    []int    `json:"ids"`
				Fields []string `json:"fields"`
			}
			if !c.read(&q) || len(q.IDs) == 0 || len(q.IDs) > 200 {
				return
			}
			all := []any{}
			for _, n := range c.notes {
				if n.Issue && slices.Contains(q.IDs, n.ID) {
					all = append(all, workItem(n))
				}
			}
			c.answer(http.StatusOK, map[string]any{"count": len(all), "value": all})
		}},
		{"POST", wit + `/workitems/\$Task`, newWorkItem},
		{"PATCH", wit + `/workitems/(\d+)`, patchWorkItem},
	}
}

func newWorkItem(c *call, _ []string) {
	fields, ok := c.fields()
	if ok && c.fits(fields["System.Title"], 255) && c.fits(fields["System.Description"], mostLab) {
		n := Note{ID: c.id(), Author: c.Me, Title: fields["System.Title"], Body: fields["System.Description"], Issue: true, Open: true}
		c.notes = append(c.notes, n)
		c.answer(http.StatusOK, workItem(n))
	}
}

func patchWorkItem(c *call, m []string) {
	fields, ok := c.fields()
	n := labByID(c, m[0], true)
	if !ok || n == nil {
		return
	}
	if text := fields["System.Description"]; text != "" {
		n.Body = text
	}
	if state := fields["System.State"]; state != "" {
		n.Open = state == "To Do"
	}
	item := *n
	if text := fields["System.History"]; text != "" {
		c.notes = append(c.notes, Note{ID: c.id(), Number: item.ID, Author: c.Me, Body: text})
	}
	c.answer(http.StatusOK, workItem(item))
}

// fields reads a patch of the fields of a work item.
func (c *call) fields() (map[string]string, bool) {
	var all []struct{ Op, Path, Value string }
	if err := json.Unmarshal(c.body, &all); err != nil || c.r.Header.Get("Content-Type") != "application/json-patch+json" {
		c.refuse(http.StatusBadRequest, "the body is no JSON patch")
		return nil, false
	}
	fields := map[string]string{}
	for _, f := range all {
		name, is := strings.CutPrefix(f.Path, "/fields/")
		if f.Op != "add" || !is {
			c.refuse(http.StatusBadRequest, "a patch of "+strconv.Quote(f.Path))
			return nil, false
		}
		fields[name] = f.Value
	}
	return fields, true
}
