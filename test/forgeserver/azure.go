package forgeserver

import (
	"net/http"
	"slices"
	"strconv"
)

// mostAzure is how many characters a comment of Azure DevOps has at most.
const mostAzure = 150_000

// azureRoutes are those of learn.microsoft.com/rest/api/azure/devops.
func azureRoutes() []route {
	repo := `/contoso/seats and more/_apis/git/repositories/4c2b`
	return append(append(boardRoutes(), azurePullRoutes(repo)...), []route{
		{"GET", `/contoso/_apis/connectionData`, func(c *call, _ []string) {
			c.answer(http.StatusOK, map[string]any{"authenticatedUser": map[string]string{"id": c.Me}})
		}},
		{"POST", repo + `/pullrequestquery`, func(c *call, _ []string) {
			var q struct {
				Queries []struct {
					Type  string
					Items []string
				}
			}
			if !c.read(&q) || len(q.Queries) != 1 || q.Queries[0].Type != "lastMergeCommit" {
				return
			}
			found := map[string]any{}
			if n := c.Merge[q.Queries[0].Items[0]]; n > 0 {
				found[q.Queries[0].Items[0]] = []map[string]int{{"pullRequestId": n}}
			}
			c.answer(http.StatusOK, map[string]any{"queries": q.Queries, "results": []any{found}})
		}},
		{"GET", repo + `/pullRequests/(\d+)/threads`, func(c *call, m []string) { c.answer(http.StatusOK, c.azureThreads(m[0])) }},
		{"POST", repo + `/pullRequests/(\d+)/threads`, azureThread},
		{"PATCH", repo + `/pullRequests/\d+/threads/(\d+)/comments/(\d+)`, func(c *call, m []string) {
			var b struct{ Content string }
			if n := c.azureNote(m[0]); n != nil && c.read(&b) && c.fits(b.Content, mostAzure) {
				n.Body = b.Content
				c.answer(http.StatusOK, map[string]int{"id": n.ID})
			}
		}},
		{"PATCH", repo + `/pullRequests/\d+/threads/(\d+)`, func(c *call, m []string) {
			var b struct{ Status string }
			if n := c.azureNote(m[0]); n != nil && c.read(&b) {
				n.Status = b.Status
				c.answer(http.StatusOK, map[string]int{"id": n.Thread})
			}
		}},
		{"DELETE", repo + `/pullRequests/\d+/threads/(\d+)/comments/\d+`, func(c *call, m []string) {
			c.drop(c.azureNote(m[0]))
			c.answer(http.StatusOK, nil)
		}},
	}...)
}

// azureThread opens a thread with one comment.
func azureThread(c *call, m []string) {
	var t struct {
		Comments []struct {
			Parent  int    `json:"parentCommentId"`
			Content string `json:"content"`
			Type    int    `json:"commentType"`
		} `json:"comments"`
		Status string `json:"status"`
	}
	if !c.read(&t) {
		return
	}
	if len(t.Comments) != 1 || t.Comments[0].Type != 1 || !slices.Contains([]string{"active", "closed"}, t.Status) {
		c.refuse(http.StatusBadRequest, "a thread has a comment of type 1, and a status")
		return
	}
	number, _ := strconv.Atoi(m[0])
	if c.fits(t.Comments[0].Content, mostAzure) {
		id := c.id()
		c.notes = append(c.notes, Note{ID: id, Thread: id + 1000, Number: number, Author: c.Me, Body: t.Comments[0].Content, Status: t.Status})
		c.answer(http.StatusOK, map[string]int{"id": id + 1000})
	}
}

func (c *call) azureNote(thread string) *Note {
	n := c.find(func(n *Note) bool { return strconv.Itoa(n.Thread) == thread })
	if n == nil {
		c.refuseKnown(http.StatusNotFound, "TF401180: The requested pull request was not found.")
	}
	return n
}

// azureThreads are the threads of a pull request, with one of a policy, and an answer.
func (c *call) azureThreads(number string) any {
	comment := func(id, parent int, author, content string) map[string]any {
		return map[string]any{"id": id, "parentCommentId": parent, "content": content, "commentType": "text",
			"author": map[string]string{"id": author}}
	}
	all := []any{map[string]any{"id": 1, "comments": []any{map[string]any{"id": 1, "parentCommentId": 0, "commentType": "system"}}}}
	for _, n := range c.notes {
		if strconv.Itoa(n.Number) == number {
			all = append(all, map[string]any{"id": n.Thread, "status": n.Status,
				"comments": []any{comment(n.ID, 0, n.Author, n.Body), comment(n.ID+500, n.ID, c.Me, n.Body)}})
		}
	}
	return map[string]any{"value": all, "count": len(all)}
}
