package ledger

import (
	"strings"
	"time"
)

// HolderKind says what kind of thing holds units.
type HolderKind string

const (
	// User is a person or another account of the directory.
	User HolderKind = "user"
	// Group is a group of the directory: its members hold what it is given.
	Group HolderKind = "group"
	// Environment is a Power Platform environment.
	Environment HolderKind = "environment"
	// Flow is a cloud flow inside an environment.
	Flow HolderKind = "flow"
	// Machine is a machine that runs desktop flows, inside an environment.
	Machine HolderKind = "machine"
	// MachineGroup is a group of machines, inside an environment.
	MachineGroup HolderKind = "machine_group"
	// SelfService is a product that people can buy by themselves.
	SelfService HolderKind = "self_service"
	// License is a product as a whole. It holds nothing, and only names what was
	// not read.
	License HolderKind = "license"
)

// kindFacts are what the house has to know of a kind of holder. A new kind is a row
// in facts, a place in Kinds, and a client of its own in tenant.
type kindFacts struct {
	holds  ItemKind
	inside bool   // it lives inside an environment
	rank   uint8  // in the order of the names of all kinds
	lags   lag    // whose readings show its grants
	words  string // as people say it, where its name does not
}

// lag says how old a reading can be.
type lag uint8

const (
	never lag = iota // a reading shows every write
	withPeople
	withEnvironments
)

func (k HolderKind) facts() kindFacts {
	switch k {
	case Environment:
		return kindFacts{holds: Capacity, rank: 0, lags: withEnvironments}
	case Flow:
		return kindFacts{holds: Capacity, rank: 1, inside: true}
	case Group:
		return kindFacts{holds: Seat, rank: 2, lags: withPeople}
	case Machine:
		return kindFacts{holds: Capacity, rank: 3, inside: true}
	case MachineGroup:
		return kindFacts{holds: Capacity, rank: 4, inside: true}
	case SelfService:
		return kindFacts{holds: Setting, rank: 5, lags: withPeople, words: "product for self-service purchase"}
	case User:
		return kindFacts{holds: Seat, rank: 6, lags: withPeople}
	}
	return kindFacts{rank: 7}
}

// Kinds lists every kind that can hold something, in the order in which people read
// about them.
func Kinds() []HolderKind {
	return []HolderKind{User, Group, Environment, Flow, Machine, MachineGroup, SelfService}
}

// Inside reports whether holders of the kind live inside an environment and
// draw from its pools.
func (k HolderKind) Inside() bool { return k.facts().inside }

// Holds says which family of items holders of the kind can be given; "" for none.
func (k HolderKind) Holds() ItemKind { return k.facts().holds }

// Rank is the place of the kind in the order of the names of all kinds.
func (k HolderKind) Rank() uint8 { return k.facts().rank }

// Words is the kind as people say it, such as "machine group".
func (k HolderKind) Words() string {
	if words := k.facts().words; words != "" {
		return words
	}
	return strings.ReplaceAll(string(k), "_", " ")
}

// Lag is how old a reading of a kind of holder may be; 0 where each shows all writes.
func (h Have) Lag(k HolderKind) time.Duration {
	switch k.facts().lags {
	case withPeople:
		return h.SeatLag
	case withEnvironments:
		return h.UnitLag
	}
	return 0
}
