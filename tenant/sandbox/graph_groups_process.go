package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// Causes for which a member of a group is left without a license.
const (
	noSeat     = "CountViolation"
	conflict   = "MutuallyExclusiveViolation"
	dependency = "DependencyViolation"
	sibling    = "Other"
)

// tick lets the service go through every group whose time has come.
func (s *Server) tick() {
	for _, g := range s.x.Groups {
		if g.Due != nil && !g.Due.After(s.now()) {
			s.process(g)
		}
	}
}

// process gives and takes what a group's members get from it.
func (s *Server) process(g *Group) {
	for _, u := range slices.Clone(s.x.Users) {
		member := slices.Contains(g.Members, u.ID)
		if member || slices.ContainsFunc(u.Licenses, func(l License) bool { return strings.EqualFold(l.Group, g.ID) }) {
			s.give(u, g, member)
		}
	}
	done := *g
	done.Due = nil
	s.commit(change{Group: &done})
}

// give brings what a user has from a group in line with what the group gives:
// all of it, or, where one product fails, nothing that was not there before.
func (s *Server) give(u *User, g *Group, member bool) {
	changed := *u
	had := map[string]bool{}
	changed.Licenses = slices.DeleteFunc(slices.Clone(u.Licenses), func(l License) bool {
		own := strings.EqualFold(l.Group, g.ID)
		had[strings.ToLower(l.SKU)] = had[strings.ToLower(l.SKU)] || own && l.Error == ""
		return own
	})
	if member {
		failed := map[string]string{}
		trial := changed
		trial.Licenses = slices.Clone(changed.Licenses)
		for _, l := range g.Licenses {
			trial.Licenses = append(trial.Licenses, License{SKU: l.SKU, Group: g.ID, Without: l.Without})
			if no := s.seats(u, &trial); no != "" {
				failed[l.SKU] = noSeat
				trial.Licenses = trial.Licenses[:len(trial.Licenses)-1]
			}
		}
		if no := s.conflicts(&trial); strings.Contains(string(no), "depends on") {
			s.blame(failed, g, dependency)
		} else if no != "" {
			s.blame(failed, g, conflict)
		}
		for _, l := range g.Licenses {
			row := License{SKU: l.SKU, Group: g.ID, Without: l.Without, Error: failed[l.SKU]}
			if len(failed) > 0 && row.Error == "" && !had[l.SKU] {
				row.Error = sibling
			}
			changed.Licenses = append(changed.Licenses, row)
		}
	}
	s.commit(change{User: &changed})
}

// blame marks everything that a group newly gives with a cause.
func (s *Server) blame(failed map[string]string, g *Group, cause string) {
	for _, l := range g.Licenses {
		if failed[l.SKU] == "" {
			failed[l.SKU] = cause
		}
	}
}

// reprocess goes through all groups of one user again.
func (s *Server) reprocess(w http.ResponseWriter, r *http.Request) {
	u := s.user(w, r)
	if u == nil {
		return
	}
	for _, g := range s.x.Groups {
		if g.Due == nil && slices.Contains(g.Members, u.ID) {
			s.give(s.x.users[u.ID], g, true)
		}
	}
	reply(w, http.StatusOK, view(s.x.users[u.ID], []string{"id", "userPrincipalName", "displayName"}))
}
