package forge

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Azure Boards takes the place of issues: a work item of the type Task, which each process
// has, with a tag. Its text is HTML, so a page stands in it as it is written, marker and all.
// Source: learn.microsoft.com/rest/api/azure/devops/wit.
const (
	workItem = "Task"
	taskTag  = "usher"
)

func (a *azure) boards() string { return "/" + url.PathEscape(a.job.Project) + "/_apis/wit/" }

// states are the states of work items, by their name, and the first one of each category:
// their names are other ones in each process.
func (a *azure) states(ctx context.Context) (category, first map[string]string, err error) {
	var all struct {
		Value []struct{ Name, Category string }
	}
	err = a.ask(ctx, http.MethodGet, a.boards()+"workitemtypes/"+workItem+"/states?"+azureVersion, nil, &all)
	category, first = map[string]string{}, map[string]string{}
	for _, s := range all.Value {
		category[s.Name] = s.Category
		if first[s.Category] == "" {
			first[s.Category] = s.Name
		}
	}
	return category, first, err
}

// Categories of states.
const (
	proposed  = "Proposed"
	completed = "Completed"
	removed   = "Removed"
)

// issues implements remote.
func (a *azure) issues(ctx context.Context, author string) ([]note, error) {
	category, _, err := a.states(ctx)
	if err != nil {
		return nil, err
	}
	var found struct {
		WorkItems []struct {
			ID int `json:"id"`
		} `json:"workItems"`
	}
	query := fmt.Sprintf("SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.WorkItemType] = '%s' "+
		"AND [System.Tags] CONTAINS '%s' ORDER BY [System.Id]", workItem, taskTag)
	if err := a.ask(ctx, http.MethodPost, a.boards()+"wiql?"+azureVersion, map[string]string{"query": query}, &found); err != nil {
		return nil, err
	}
	var notes []note
	const most = 200 // that one request reads
	for from := 0; from < len(found.WorkItems); from += most {
		var ids []int
		for _, w := range found.WorkItems[from:min(from+most, len(found.WorkItems))] {
			ids = append(ids, w.ID)
		}
		some, err := a.workItems(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, w := range some {
			if strings.EqualFold(w.Fields.By.ID, author) {
				state := category[w.Fields.State]
				notes = append(notes, note{id: strconv.Itoa(w.ID), author: w.Fields.By.ID, body: fromHTML(w.Fields.Text),
					open: state != completed && state != removed})
			}
		}
	}
	return notes, nil
}

// azureItem is a work item.
type azureItem struct {
	ID     int `json:"id"`
	Fields struct {
		Text  string `json:"System.Description"`
		State string `json:"System.State"`
		By    struct {
			ID string `json:"id"`
		} `json:"System.CreatedBy"`
	} `json:"fields"`
}

func (a *azure) workItems(ctx context.Context, ids []int) ([]azureItem, error) {
	var all struct{ Value []azureItem }
	err := a.ask(ctx, http.MethodPost, a.boards()+"workitemsbatch?"+azureVersion,
		map[string]any{"ids": ids, "fields": []string{"System.Description", "System.State", "System.CreatedBy"}}, &all)
	return all.Value, err
}

// field sets a field of a work item.
type field struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value"`
}

func set(name, value string) field { return field{"add", "/fields/System." + name, value} }

const patchType = "application/json-patch+json"

// openIssue implements remote.
func (a *azure) openIssue(ctx context.Context, title string, p Page) error {
	return a.send(ctx, http.MethodPost, a.boards()+"workitems/$"+workItem+"?"+azureVersion, patchType,
		[]field{set("Title", title), set("Description", toHTML(p.text())), set("Tags", taskTag)}, nil)
}

func (a *azure) patch(ctx context.Context, was note, fields ...field) error {
	return a.send(ctx, http.MethodPatch, a.boards()+"workitems/"+was.id+"?"+azureVersion, patchType, fields, nil)
}

// changeIssue implements remote.
func (a *azure) changeIssue(ctx context.Context, was note, p Page) error {
	fields := []field{set("Description", toHTML(p.text()))}
	if !was.open {
		_, first, err := a.states(ctx)
		if err != nil {
			return err
		}
		fields = append(fields, set("State", first[proposed]))
	}
	return a.patch(ctx, was, fields...)
}

// closeIssue implements remote.
func (a *azure) closeIssue(ctx context.Context, was note) error {
	_, first, err := a.states(ctx)
	if err != nil {
		return err
	}
	return a.patch(ctx, was, set("State", first[completed]))
}

// noteIssue implements remote.
func (a *azure) noteIssue(ctx context.Context, was note, text string) error {
	return a.patch(ctx, was, set("History", toHTML(text)))
}

// toHTML lets a text stand in HTML as it is.
func toHTML(text string) string { return "<pre>" + html.EscapeString(text) + "</pre>" }

// htmlTag is an element's begin or end.
var htmlTag = regexp.MustCompile(`<[^>]*>`)

// fromHTML is the text that stands in HTML.
func fromHTML(text string) string {
	text = strings.NewReplacer("<br>", "\n", "<br/>", "\n", "<br />", "\n").Replace(text)
	return html.UnescapeString(htmlTag.ReplaceAllString(text, ""))
}
