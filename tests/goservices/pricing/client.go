// Package pricing asks suppliers what things cost.
package pricing

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Client asks one supplier and keeps its connections warm.
type Client struct {
	base string
	http *http.Client
}

// NewClient makes a client of the supplier at a base URL.
func NewClient(base string) *Client {
	return &Client{base: base, http: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}}
}

// Price returns the price of an article, as text.
func (c *Client) Price(ctx context.Context, sku string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/price?sku="+url.QueryEscape(sku), nil)
	if err != nil {
		return "", err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	price, err := io.ReadAll(response.Body)
	return string(price), err
}
