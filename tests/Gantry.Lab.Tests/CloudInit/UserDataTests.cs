using System.IO.Compression;
using System.Text;
using Gantry.Lab.Machines.CloudInit;

namespace Gantry.Lab.Tests.CloudInit;

public sealed class UserDataTests
{
    private static readonly InstanceFacts Facts = new("4y3h7n", "node-01");

    [Fact]
    public void Files_come_before_deferred_files_and_scripts_whatever_the_order_in_the_document()
    {
        var result = Read(
            """
            #cloud-config
            runcmd:
              - echo one
              - [echo, "it's", 2]
            bootcmd: [echo early]
            write_files:
              - {path: /b, content: late, defer: true, owner: "app:app", permissions: '0600'}
              - {path: /a//x/../y, content: early, permissions: 0640}
            users: [{name: app}]
            """
        );
        Assert.Equal(
            ["bootcmd.sh", "/a/y 0640", "node-01", "app", "/b 0600", "runcmd"],
            result
                .Steps.Select(step =>
                    step switch
                    {
                        CloudInitStep.RunScript script => Path.GetFileName(script.Path),
                        CloudInitStep.WriteFile write => $"{write.File.Path} {write.File.Permissions}",
                        CloudInitStep.SetHostname name => name.Name,
                        CloudInitStep.AddUser user => user.Name,
                        _ => "app:app",
                    }
                )
                .Where(text => text != "app:app")
        );
        Assert.Equal("#!/bin/sh\necho one\n'echo' 'it'\\''s' '2'\n", result.Scripts.Last().Text);
    }

    [Fact]
    public void A_file_whose_owner_does_not_exist_stops_the_writing_of_files()
    {
        var result = Read(
            """
            #cloud-config
            write_files:
              - {path: /a, content: a, owner: "etcd:etcd"}
              - {path: /b, content: b}
            runcmd: [echo still runs]
            """
        );
        Assert.Equal(["/a"], result.Files.Select(file => file.Path));
        Assert.Contains("'etcd'", Assert.Single(result.Steps.OfType<CloudInitStep.Fail>()).Because, StringComparison.Ordinal);
        Assert.Single(result.Scripts);
    }

    [Fact]
    public void A_document_without_a_known_first_line_runs_nothing()
    {
        var result = Read(Convert.ToBase64String("#cloud-config\nruncmd: [a]\n"u8.ToArray()));
        Assert.Empty(result.Scripts);
        Assert.StartsWith(
            "Unhandled non-multipart (text/x-not-multipart) userdata",
            Assert.Single(result.Warnings),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Invalid_YAML_runs_nothing_and_the_warning_names_the_line()
    {
        var result = Read("#cloud-config\nruncmd:\n  - a\n - b\n");
        Assert.Empty(result.Scripts);
        Assert.Contains("line", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_gets_the_host_name_and_marks_undefined_variables()
    {
        var result = Read(
            "## template: jinja\n#cloud-config\nwrite_files:\n"
                + "- {path: /n, content: '{{ v1.local_hostname | upper }} {{ ds.meta_data.instance_id }} {{ nobody }}'}\n"
        );
        Assert.Equal("NODE-01 4y3h7n CI_MISSING_JINJA_VAR/nobody", Encoding.UTF8.GetString(result.Files.Single().Content));
        Assert.Contains("'nobody'", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_reads_a_field_of_an_undefined_variable_is_ignored()
    {
        var result = Read("## template: jinja\n#cloud-config\nruncmd: ['{{ ds.nobody.name }}']\n");
        Assert.Empty(result.Scripts);
        Assert.Contains("'nobody' is undefined", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% for key in keys %}{% endfor %}", "only if, elif, else, endif and raw are known here")]
    [InlineData("{{ v1.local_hostname.split('-') }}", "'(' in \"v1.local_hostname.split('-')\" is not known here")]
    [InlineData("{{ v1.local_hostname | title }}", "No filter named 'title' with 0 arguments is known here.")]
    [InlineData("{% if v1.distro %}", "Looking for 'endif'")]
    [InlineData("{{ v1.distro", "unexpected end of template")]
    public void An_invalid_template_and_an_unsupported_one_are_ignored(string template, string problem)
    {
        var result = Read(
            $"## template: jinja\n#cloud-config\nruncmd: [a]\nwrite_files:\n- path: /a\n  content: |\n    {template}\n"
        );
        Assert.Empty(result.Steps.OfType<CloudInitStep.WriteFile>());
        Assert.Empty(result.Scripts);
        Assert.Contains(problem, Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gzipped_document_is_read_like_a_plain_one()
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionMode.Compress))
        {
            zip.Write("#cloud-config\nruncmd: [a]\n"u8);
        }

        Assert.Equal("#!/bin/sh\na\n", UserData.Read(zipped.ToArray(), Facts).Scripts.Single().Text);
    }

    [Fact]
    public void Later_parts_replace_the_keys_of_earlier_parts_unless_they_append()
    {
        Assert.Equal(["/second"], Read(TwoParts("")).Files.Select(file => file.Path));
        Assert.Equal(
            ["/first", "/second"],
            Read(TwoParts("merge_how: 'list(append)+dict(recurse_array,no_replace)+str()'\n")).Files.Select(file => file.Path)
        );
    }

    internal static string TwoParts(string mergeHow) =>
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"==b==\"\n\n--==b==\nContent-Type: text/cloud-config\n\n"
        + "#cloud-config\nwrite_files: [{path: /first}]\n--==b==\nContent-Type: text/cloud-config\n\n#cloud-config\n"
        + mergeHow
        + "write_files: [{path: /second}]\n--==b==--\n";

    private static CloudInitResult Read(string text) => UserData.Read(Encoding.UTF8.GetBytes(text), Facts);
}
