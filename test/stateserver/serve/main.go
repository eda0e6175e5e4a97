// Command serve runs the state server of the tests on a loopback address.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/usher-cli/usher/test/stateserver"
)

func main() {
	s := stateserver.New(os.Args[2])
	s.User, s.Password, s.Reader = "gitlab-ci-token", "job", "developer"
	log.Fatal(http.ListenAndServe(os.Args[1], s))
}
