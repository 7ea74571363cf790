package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// load sends a bounded number of ordinary requests to a running shop; exit status 1 if any was not answered with 200.
func load(arguments []string) {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	url := flags.String("url", "http://127.0.0.1:8080", "base URL of the shop")
	requests := flags.Int("requests", 200, "how many requests in all")
	concurrency := flags.Int("concurrency", 8, "how many at the same time")
	_ = flags.Parse(arguments) // ExitOnError: it does not return on error

	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: *concurrency}}
	paths := []string{"/search?sku=A-%d", "/cart?session=%d", "/checkout?session=%d", "/pay?session=%d"}
	var failed atomic.Int64
	numbers := make(chan int)
	var group sync.WaitGroup
	for worker := 0; worker < *concurrency; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range numbers {
				if !answered(client, *url+fmt.Sprintf(paths[number%len(paths)], number)) {
					failed.Add(1)
				}
			}
		}()
	}
	for number := 0; number < *requests; number++ {
		numbers <- number
	}
	close(numbers)
	group.Wait()
	fmt.Printf("%d requests, %d failed\n", *requests, failed.Load())
	if failed.Load() > 0 {
		os.Exit(1)
	}
}

func answered(client *http.Client, url string) bool {
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}
