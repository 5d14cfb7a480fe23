{# Give the rows of targets outside of public the qualified names of their tables. #}
update {{ bookkeeping }}.{{ name | table }}
set target = case target
{% for bare, qualified in targets %}
    when {{ bare | literal }} then {{ qualified | literal }}
{% endfor %}
end
where target in ({% for bare, _ in targets %}{{ bare | literal }}{{ ", " | sql if not loop.last }}{% endfor %})
