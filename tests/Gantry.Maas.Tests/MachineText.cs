namespace Gantry.Maas.Tests;

/// <summary>A machine with the fields without which it cannot be read.</summary>
internal static class MachineText
{
    /// <param name="change">Fields that come last, so that they count: <c>"status":6</c>.</param>
    public static string Of(string id, string hostname, string change = "\"status\":4") =>
        $$"""
            {
              "system_id":"{{id}}","hostname":"{{hostname}}","status":4,"owner":null,"owner_data":{},"locked":false,
              "architecture":"amd64/generic","cpu_count":4,"memory":8192,"power_type":"ipmi","power_state":"off","tag_names":[],
              "ip_addresses":[],"zone":{"id":1,"name":"default"},"pool":{"id":0,"name":"default"},"boot_interface":null,
              "interface_set":[],"physicalblockdevice_set":[],{{change}}
            }
            """;
}
