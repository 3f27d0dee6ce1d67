"""Who may see beyond their role (调阅审批): the policy as data, requests, decisions, grants."""
