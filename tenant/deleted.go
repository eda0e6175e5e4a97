package tenant

import (
	"context"

	"github.com/usher-cli/usher/ledger"
)

// deletedAccount is an account that can still be restored.
type deletedAccount struct {
	id, day string // day is YYYY-MM-DD
}

// FindDeleted looks whom of the files somebody deleted of late, where the directory does not have
// all of them. Only what a message says depends on it: an identity that may not ask goes without.
func (t *Tenant) FindDeleted(ctx context.Context, r *Reading, wants []ledger.Want, selections []ledger.Selection) {
	if r.Unlisted || r.missing[ledger.User] != "" {
		return
	}
	lacks := r.lacks(wants)
	for _, s := range selections {
		for _, e := range s.Except {
			lacks = lacks || r.lacks([]ledger.Want{{Kind: ledger.User, Holder: e.Name}})
		}
	}
	if !lacks {
		return
	}
	accounts, err := t.graph.Deleted(ctx)
	if err != nil {
		return
	}
	r.deleted = map[string]deletedAccount{}
	for _, a := range accounts {
		for _, name := range []string{a.ID, fold(a.Name)} {
			if r.deleted[name].day <= a.Day { // the last one that had the name
				r.deleted[name] = deletedAccount{a.ID, a.Day}
			}
		}
	}
}

// lacks reports whether the files name somebody who is not in the directory.
func (r *Reading) lacks(wants []ledger.Want) bool {
	for i := range wants {
		w := &wants[i]
		if w.Kind != ledger.User {
			continue
		}
		if _, there := r.byName[nameKey{w.Kind, fold(w.Holder)}]; there {
			continue
		}
		if !isID(w.Holder) {
			return true
		}
		if _, there := r.Name(ledger.HolderID{Kind: w.Kind, ID: fold(w.Holder)}); !there {
			return true
		}
	}
	return false
}

// wasDeleted tells of somebody who was deleted: of late, or since the state knew them.
func (x *resolver) wasDeleted(w *ledger.Want, h ledger.Holder) (ledger.Holder, bool) {
	if w.Kind != ledger.User {
		return h, false
	}
	d, found := x.deleted[fold(w.Holder)]
	when := " on " + d.day
	switch {
	case h.ID == "" && !found, h.ID != "" && !found && isID(w.Holder): // nothing tells whether it ever was
		return h, false
	case h.ID == "":
		h.ID = d.id
	case d.id != h.ID:
		when = ""
	}
	x.addNotice(w, ledger.Warning, "holder-gone", "the account was deleted"+when+" (it had the id "+h.ID+"); nothing is done for it",
		"take it out of the file, or restore the account")
	return x.noteGone(h), true
}
