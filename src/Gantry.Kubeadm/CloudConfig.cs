using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;

namespace Gantry.Kubeadm;

/// <param name="Permissions">In octal, for example <c>0644</c>.</param>
/// <param name="Template">The node expands Jinja in the content. Otherwise the node writes it byte for byte.</param>
internal sealed record CloudFile(
    string Path,
    string Content,
    string Permissions = "0644",
    string Owner = "root:root",
    bool Template = false
);

/// <summary>
/// Writes a cloud-config. Values are written as JSON, which is valid YAML and needs no quoting rules. File contents are
/// base64, so Jinja does not expand them in a document with a Jinja header; only templates are plain text.
/// </summary>
internal static class CloudConfig
{
    /// <param name="commands">Run once, at the end of the first boot.</param>
    public static string Write(NodeEnvironment nodes, IReadOnlyList<CloudFile> files, IReadOnlyList<string[]> commands)
    {
        var text = new StringBuilder();
        if (files.Any(file => file.Template))
        {
            text.Append("## template: jinja\n");
        }

        text.Append("#cloud-config\n");
        text.Append("write_files:\n");
        foreach (var file in files)
        {
            text.Append("- path: ").Append(Json(file.Path)).Append('\n');
            text.Append("  owner: ").Append(Json(file.Owner)).Append('\n');
            text.Append("  permissions: ").Append(Json(file.Permissions)).Append('\n');
            if (file.Template)
            {
                text.Append("  content: ").Append(Json(file.Content)).Append('\n');
            }
            else
            {
                text.Append("  encoding: b64\n");
                text.Append("  content: ").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(file.Content))).Append('\n');
            }
        }

        if (nodes.NtpServers.Count > 0)
        {
            text.Append("ntp:\n  enabled: true\n  servers: ").Append(Json(nodes.NtpServers)).Append('\n');
        }

        if (nodes.SshKeys.Count > 0)
        {
            text.Append("ssh_authorized_keys: ").Append(Json(nodes.SshKeys)).Append('\n');
        }

        text.Append("runcmd:\n");
        foreach (var command in commands)
        {
            text.Append("- ").Append(Json(command)).Append('\n');
        }

        return text.ToString();
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, JsonText.Plain);
}

internal static class JsonText
{
    // The default encoder writes '+' and '<' as \u escapes, which are valid but hard to read.
    public static JsonSerializerOptions Plain { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(JsonNode node) => node.ToJsonString(Plain);
}
