"""Sessions of ns-3 on other machines: the frames of a worker, carried by ssh or by any command with stdin and stdout.

Here: `destinations` says where, `near` is the connection to one worker there, `signs` watches over all of them.
There: `netgym relay` (`relay`) carries the frames of one session, `netgym serve` (`session_service`,
`daemon`) makes the workers.
"""
