"""Deployment on AWS: IoT policies, the CloudFormation stack, and a cost estimate."""
