"""Delivery carries produced files to where they must go, whole, and keeps them until they have arrived.

Promise: a file that was staged is never lost; at the far end it is there whole, under its name, or not at all;
what cannot be sent now is sent again for as long as it remains, oldest run first.
Inputs: files of handlers (StageFile), manifests of the scheduler (SendSpool), destinations from people.
It never knows what is in a file.
"""
