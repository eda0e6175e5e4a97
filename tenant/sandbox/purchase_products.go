package sandbox

import (
	"net/http"
	"slices"
)

// SelfService is a product that people can buy by themselves, unless its
// policy says otherwise.
type SelfService struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Policy string `json:"policy"` // Enabled, Disabled or OnlyTrialsWithoutPaymentMethod
}

func (s *Server) commerceRoutes() {
	s.mux.HandleFunc("GET /v1.0/policies/AllowSelfServicePurchase/products", s.listSelfService)
	s.mux.HandleFunc("PUT /v1.0/policies/AllowSelfServicePurchase/products/{id}", s.putSelfService)
}

func (p SelfService) view() map[string]string {
	return map[string]string{"productId": p.ID, "productName": p.Name, "policyValue": p.Policy}
}

func (s *Server) listSelfService(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r) {
		return
	}
	rows := []any{}
	for _, p := range s.x.SelfService {
		rows = append(rows, p.view())
	}
	reply(w, http.StatusOK, map[string]any{"items": rows})
}

func (s *Server) putSelfService(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Policy string `json:"policyValue"`
	}
	if !s.decode(w, r, &b) {
		return
	}
	at := slices.IndexFunc(s.x.SelfService, func(p SelfService) bool { return p.ID == r.PathValue("id") })
	switch {
	case at < 0:
		reply(
			w,
			http.StatusNotFound,
			map[string]string{
				"errorCode": "ProductNotFound",
				"reason":    "The product " + r.PathValue("id") + " is not offered for self-service purchase.",
			},
		)
	case !slices.Contains([]string{"Enabled", "Disabled", "OnlyTrialsWithoutPaymentMethod"}, b.Policy):
		reply(
			w,
			http.StatusBadRequest,
			map[string]string{"errorCode": "InvalidPolicy", "reason": "The policy value " + b.Policy + " is not one that the product takes."},
		)
	default:
		changed := s.x.SelfService[at]
		changed.Policy = b.Policy
		s.commit(change{SelfService: &changed})
		reply(w, http.StatusOK, changed.view())
	}
}
