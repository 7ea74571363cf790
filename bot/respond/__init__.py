"""Alert, command or click → incident and job, and the carrying out of those jobs.

`reception` runs in Slack's three seconds: it writes down what came in, and nothing else. The other modules carry jobs out;
each handler does its work first and returns a `Commit`, which the worker runs in one transaction with the end of the job.
`scheduling` queues the jobs that nobody asks for.
"""
