// Package sandbox is a simulated tenant: an http.Handler that speaks the wire
// of Microsoft Graph and of the Power Platform API for the routes that usher
// uses, over one documented JSON file.
//
// It shares no code with usher's clients and imports nothing of usher, so
// that the two can be wrong only independently. It counts seats and capacity
// as the services do, which includes accepting what they accept: an
// allocation beyond what is purchased happens, and is recorded as an
// overspend for somebody to find. It never answers a route, a query or
// a field that it does not know.
package sandbox
