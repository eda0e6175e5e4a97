package main

import (
	"context"

	"github.com/usher-cli/usher/engine"
)

// look opens everything and reads it, for commands that change nothing.
func (a *app) look(ctx context.Context, in inputs, access engine.Access, scope engine.Scope) (*engine.Present, error) {
	l, err := a.load(in, engine.Whole())
	if err != nil {
		return nil, err
	}
	opened, err := l.Open(access)
	if err != nil {
		return nil, err
	}
	p, err := a.read(ctx, opened, scope)
	if err != nil {
		opened.Close(&err)
		return nil, err
	}
	return p, nil
}
